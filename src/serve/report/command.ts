import { type Io, print, printJson, say, write } from "../../command/io.ts";
import { exitCodes } from "../../errors.ts";
import { formatBytes } from "../../report/format.ts";
import { findAssets } from "../assets.ts";
import { contentsOf } from "./contents.ts";
import { openDocument } from "./open.ts";
import { toStdout, writeOutput } from "./output.ts";
import { reportPage } from "./page.ts";

/** `report`: a run as one HTML file. */
export async function report(
  io: Io,
  run: string | undefined,
  { output, rows }: { readonly output: string; readonly rows: string },
): Promise<number> {
  const piped = toStdout(io, output);
  const [{ document, project }, assets] = await Promise.all([openDocument(io, run, rows), findAssets()]);
  const page = await reportPage({ project }, document, assets);
  if (piped) {
    await write(io, page);
    return exitCodes.done;
  }
  writeOutput(output, page);
  const [bytes, contents] = [Buffer.byteLength(page), contentsOf(document)];
  if (io.json) printJson(io, { type: "report", path: output, bytes, run: document.run.id, contents });
  else {
    say(io, `${output}: run ${document.run.id}, ${formatBytes(bytes)}. Whoever gets it has all of this:`);
    print(io, contents.map((line) => `  ${line}`).join("\n"));
  }
  return exitCodes.done;
}
