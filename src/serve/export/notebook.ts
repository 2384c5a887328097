import { inspect } from "node:util";
import { toJson } from "../../json.ts";
import type { MimeBundle } from "../../model.ts";
import { formatDuration } from "../../report/format.ts";
import { textOf } from "../part/figure.ts";
import type { Document, DocumentCell } from "../report/document.ts";
import type { Output } from "../report/outputs.ts";
import { inUtc } from "../report/page.ts";
import { cellText, tableHtml, tableText } from "./table.ts";

/** A run as a Jupyter notebook, nbformat 4.5: what a step says of itself as Markdown, its code, its outputs. */
export function notebookOf(document: Document): string {
  const { run, cells } = document;
  const notebook = {
    cells: [
      markdown("run", runText(document)),
      ...cells.flatMap((cell, index) => [markdown(`${safe(cell.id)}-text`, proseText(cell)), codeCell(cell, index + 1)]),
    ],
    metadata: {
      kernelspec: { name: "deno", display_name: "Deno", language: "typescript" },
      language_info: {
        name: "typescript",
        file_extension: ".ts",
        mimetype: "text/x.typescript",
        codemirror_mode: "typescript",
        nbconvert_exporter: "script",
        pygments_lexer: "typescript",
      },
      stepbook: { run: run.id, status: run.status, params: run.params },
    },
    nbformat: 4,
    nbformat_minor: 5,
  };
  return `${toJson(notebook, 1)}\n`;
}

/** What the format allows in a cell's id, and at most as long. */
function safe(id: string): string {
  return id.replace(/[^A-Za-z0-9_-]/g, "-").slice(0, 55);
}

function markdown(id: string, text: string) {
  return { cell_type: "markdown", id, metadata: {}, source: lines(text) };
}

/** As the format likes it: a list of lines, each with its end. */
function lines(text: string): string[] {
  return text === "" ? [] : text.split(/(?<=\n)/);
}

function runText({ name, run }: Document): string {
  const params = Object.entries(run.params).map(([param, value]) => `${param}=${value}`);
  return `**${cellText(name)}**, run \`${run.id}\`: ${run.status}, ${inUtc(run.startedAt)}${params.length > 0 ? `, params ${params.map((param) => `\`${param}\``).join(" ")}` : ""}`;
}

function proseText({ id, title, prose, state, ms, reason, failure }: DocumentCell): string {
  return `# ${cellText(title)}\n\n\`${id}\` · ${state}${ms > 0 ? ` · ${formatDuration(ms)}` : ""}${reason === "" || failure ? "" : ` · ${cellText(reason)}`}${prose === "" ? "" : `\n\n${prose}`}`;
}

function codeCell({ id, code, state, outputs, log, failure, ms }: DocumentCell, count: number) {
  const ran = state !== "skipped" && state !== "cancelled";
  return {
    cell_type: "code",
    id: `${safe(id)}-code`,
    execution_count: ran ? count : null,
    metadata: { name: id, stepbook: { step: id, state, ms, ...(code ? { file: code.file } : {}) } },
    outputs: [
      ...(log ? [{ output_type: "stream", name: "stdout", text: log.lines.map((line) => `${line}\n`) }] : []),
      ...(failure
        ? [
            {
              output_type: "error",
              ename: failure.code,
              evalue: failure.message,
              traceback: [
                failure.message,
                ...(failure.stack ?? "").split("\n").filter((line) => line.trim().startsWith("at ")),
                ...(failure.remedy ? [`→ ${failure.remedy}`] : []),
              ],
            },
          ]
        : []),
      ...outputs.map((output) => ({
        output_type: "display_data",
        data: dataOf(output),
        metadata: "name" in output ? { name: output.name } : {},
      })),
    ],
    source: lines(code?.text ?? ""),
  };
}

function dataOf(output: Output): MimeBundle {
  switch (output.kind) {
    case "display":
    case "figure":
      return bundleOf(output.bundle, output.name);
    case "table":
      return { "text/html": lines(tableHtml(output)), "text/plain": lines(tableText(output)) };
    case "value":
      return plain(`${output.name} = ${inspect(output.value, { depth: 4, maxArrayLength: 30, maxStringLength: 1000, breakLength: 100 })}`);
    case "recorded":
      return plain(`recorded into ${output.table}: ${inspect(output.row, { breakLength: 100 })}`);
    case "mirrored":
      return plain(`mirrored as the table ${output.table}`);
    case "model":
      return plain(
        `model ${output.name}${output.version === null ? "" : ` v${output.version}`}: ${inspect(output.metrics, { breakLength: 100 })}`,
      );
    case "missing":
      return plain(`${output.name}: ${output.why}`);
  }
}

function plain(text: string): MimeBundle {
  return { "text/plain": lines(text) };
}

/** Jupyter's own form: text as lines, JSON types as they are; and words, for a reader that shows no images. */
function bundleOf(bundle: MimeBundle, name: string): MimeBundle {
  const data: Record<string, unknown> = {};
  for (const [mime, content] of Object.entries(bundle)) {
    const text = textOf(content);
    data[mime] = /json$/.test(mime)
      ? content
      : mime === "image/png"
        ? (text ?? "").replace(/\s/g, "")
        : lines(text ?? JSON.stringify(content));
  }
  return { "text/plain": [name], ...data };
}
