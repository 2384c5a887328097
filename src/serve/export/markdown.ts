import path from "node:path";
import { inspect } from "node:util";
import { formatBytes, formatDuration, formatNumber } from "../../report/format.ts";
import { textOf } from "../part/figure.ts";
import type { Document, DocumentCell, Log } from "../report/document.ts";
import type { Output } from "../report/outputs.ts";
import { inUtc } from "../report/page.ts";
import { cellText, shape, tableMarkdown } from "./table.ts";

export interface Exported {
  readonly text: string;
  /** What lies beside it. */
  readonly files: readonly { readonly path: string; readonly content: string | Uint8Array }[];
}

/**
 * A run as Markdown that GitHub shows. Figures are files beside it, since GitHub shows no data addresses; on stdout,
 * where there is no beside, they are named only.
 * @param target where the Markdown will lie; null: on stdout
 */
export function markdownOf({ name, run, cells }: Document, target: string | null): Exported {
  const figures = new Figures(target);
  const params = Object.entries(run.params).map(([param, value]) => ` ${inline(`${param}=${value}`)}`);
  const head = `# ${cellText(name)}\n\nRun ${inline(run.id)}: **${run.status}**, ${inUtc(run.startedAt)}${params.length > 0 ? `, params${params.join("")}` : ""}\n`;
  const failures = cells.flatMap((cell) =>
    cell.failure ? [`> **${cellText(cell.id)}** failed: ${cellText(cell.failure.message)}\n`] : [],
  );
  const text = [head, ...failures, ...cells.map((cell) => cellPart(cell, figures))].join("\n");
  return { text: text.replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/g, ""), files: figures.files };
}

function cellPart(cell: DocumentCell, figures: Figures): string {
  const { id, title, prose, state, ms, reason, code, failure, outputs, log } = cell;
  const parts = [
    `## ${cellText(title)}`,
    `${inline(id)} · ${state}${ms > 0 ? ` · ${formatDuration(ms)}` : ""}${reason === "" || failure ? "" : ` · ${cellText(reason)}`}`,
    lowered(prose),
    failure &&
      fenced(
        [
          `${failure.code}: ${failure.message}`,
          ...(failure.stack ?? "").split("\n").filter((line) => line.trim().startsWith("at ")),
          ...(failure.remedy ? [`→ ${failure.remedy}`] : []),
        ].join("\n"),
        "text",
      ),
    code && folded(`Code ${code.file}${code.asRan ? " as it ran" : ""}`, fenced(code.text, "ts")),
    ...outputs.map((output) => outputPart(cell, output, figures)),
    log && folded(`Log, ${formatBytes(log.bytes)}`, fenced(logText(log), "text")),
  ];
  return `${parts.filter((part) => part !== null && part !== "").join("\n\n")}\n`;
}

function outputPart(cell: DocumentCell, output: Output, figures: Figures): string {
  switch (output.kind) {
    case "display":
    case "figure":
      return figures.part(cell.id, output);
    case "table":
      return `${inline(output.name)} ${shape(output.total, output.schema.length, output.rows.length)}\n\n${tableMarkdown(output)}`;
    case "value":
      return fenced(
        `${output.name} = ${inspect(output.value, { depth: 4, maxArrayLength: 30, maxStringLength: 1000, breakLength: 100 })}`,
        "js",
      );
    case "recorded":
      return `Recorded into ${inline(output.table)}:\n\n${facts(Object.entries(output.row).filter(([, value]) => value !== null))}`;
    case "mirrored":
      return `Mirrored as the table ${inline(output.table)}.`;
    case "model":
      return `Model **${cellText(output.name)}**${output.version === null ? "" : ` v${output.version}`}, ${formatBytes(output.bytes)}${output.doc === "" ? "" : `: ${cellText(output.doc)}`}\n\n${facts(Object.entries(output.metrics))}`;
    case "missing":
      return `${inline(output.name)}: ${cellText(output.why)}`;
  }
}

/** Headings of a step stand below its own; a line of code in its prose is none. */
function lowered(prose: string): string {
  return prose
    .split(/(^(?:```|~~~)[\s\S]*?^(?:```|~~~))/m)
    .map((part, index) => (index % 2 === 0 ? part.replace(/^(#{1,4}) /gm, "##$1 ") : part))
    .join("");
}

function facts(entries: readonly (readonly [string, unknown])[]): string {
  return entries.length === 0
    ? ""
    : [
        "| | |",
        "| --- | --: |",
        ...entries.map(
          ([name, value]) => `| ${cellText(name)} | ${typeof value === "number" ? formatNumber(value) : cellText(String(value))} |`,
        ),
      ].join("\n");
}

function logText({ lines, cut }: Log): string {
  return [...(cut ? ["…"] : []), ...lines].join("\n");
}

function folded(summary: string, inside: string): string {
  return `<details><summary>${cellText(summary)}</summary>\n\n${inside}\n\n</details>`;
}

/** A fence longer than any in the text. */
function fenced(text: string, language: string): string {
  const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map((found) => found.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}${language}\n${text.replace(/\n$/, "")}\n${fence}`;
}

function inline(text: string): string {
  return text.includes("`") || text === "" ? cellText(text) : `\`${text.replace(/\s+/g, " ").replaceAll("|", "\\|")}\``;
}

/** Images beside the Markdown, in a folder that bears its name. */
class Figures {
  readonly files: { path: string; content: string | Uint8Array }[] = [];
  readonly #target: string | null;

  constructor(target: string | null) {
    this.#target = target;
  }

  part(step: string, { name, bundle }: Extract<Output, { bundle: unknown }>): string {
    const [svg, png, markdown] = ["image/svg+xml", "image/png", "text/markdown"].map((mime) => textOf(bundle[mime]));
    if (svg !== undefined) return this.#image(step, name, "svg", svg);
    if (png !== undefined) return this.#image(step, name, "png", Buffer.from(png, "base64"));
    if (markdown !== undefined) return markdown;
    const plain = textOf(bundle["text/plain"]);
    return plain === undefined ? `${inline(name)}: ${Object.keys(bundle).map(inline).join(", ")}` : fenced(plain, "text");
  }

  #image(step: string, name: string, extension: string, content: string | Uint8Array): string {
    if (this.#target === null) return `*${cellText(name)}: a figure, which \`-o\` would write beside the file*`;
    const folder = `${path.basename(this.#target).replace(/\.[^.]*$/, "")}-figures`;
    const file = `${`${step}-${name}`.replace(/[^A-Za-z0-9_.-]+/g, "-")}.${extension}`;
    this.files.push({ path: path.join(path.dirname(this.#target), folder, file), content });
    return `![${cellText(name)}](${encodeURIComponent(folder)}/${encodeURIComponent(file)})`;
  }
}
