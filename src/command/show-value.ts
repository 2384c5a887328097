import { inspect } from "node:util";
import { exitCodes } from "../errors.ts";
import type { Artifact, MimeBundle } from "../model.ts";
import { cleanLines } from "../report/clean.ts";
import { countOf, formatBytes } from "../report/format.ts";
import { readArtifact, type Figure } from "../store/artifacts.ts";
import { type Io, print, printJson, say, widthOf } from "./io.ts";
import { plain } from "./plain.ts";

/** Rows of a table that are shown to people where they do not say. */
const fewRows = 20;

/** The value of an export; with `--json` the value itself, whole unless a limit is given. */
export async function showValue(
  io: Io,
  project: string,
  label: string,
  artifact: Artifact,
  file: string,
  limit: number | undefined,
): Promise<number> {
  if (artifact.codec === "table") return showTable(io, project, label, artifact, file, limit);
  const value = readArtifact(artifact, file, label);
  const shown = artifact.codec === "figure" ? (value as Figure).bundle : value;
  if (io.json) printJson(io, plain(shown));
  else {
    say(io, `${label}: ${artifact.codec}, ${formatBytes(artifact.bytes)}`);
    print(io, cleanLines(artifact.codec === "figure" ? figureText(shown as MimeBundle) : valueText(shown, widthOf(io) || 80)).join("\n"));
  }
  return exitCodes.done;
}

/** Loads what can read tables only here: it takes its time. */
async function showTable(
  io: Io,
  project: string,
  label: string,
  artifact: Artifact,
  file: string,
  limit: number | undefined,
): Promise<number> {
  const { withReader } = await import("./reader.ts");
  const { openTable, printRows, printRowsJson } = await import("./show-table.ts");
  await withReader(project, async () => {
    const table = openTable(artifact, file);
    if (io.json) return printRowsJson(io, table, limit);
    say(io, `${label}: table, ${countOf(table.count, "row")} × ${countOf(table.schema.length, "column")}, ${formatBytes(artifact.bytes)}`);
    return printRows(io, table, limit ?? fewRows);
  });
  return exitCodes.done;
}

function valueText(value: unknown, width: number): string {
  return typeof value === "string" ? value : inspect(value, { depth: 6, maxArrayLength: 50, maxStringLength: 2000, breakLength: width });
}

function figureText(bundle: MimeBundle): string {
  const text = bundle["text/plain"];
  const kinds = Object.entries(bundle).map(
    ([mime, content]) => `${mime}, ${formatBytes(Buffer.byteLength(typeof content === "string" ? content : JSON.stringify(content)))}`,
  );
  return [...kinds, ...(typeof text === "string" ? ["", text] : [])].join("\n");
}
