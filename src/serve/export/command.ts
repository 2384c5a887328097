import { type Io, printJson, say, write } from "../../command/io.ts";
import { exitCodes, fail } from "../../errors.ts";
import { nearest } from "../../nearest.ts";
import { formatBytes } from "../../report/format.ts";
import { openDocument } from "../report/open.ts";
import { toStdout, writeOutput } from "../report/output.ts";
import { markdownOf } from "./markdown.ts";
import { notebookOf } from "./notebook.ts";

/** `export`: a run in a form that other tools read. */
export async function exportRun(
  io: Io,
  form: string,
  run: string | undefined,
  { output, rows }: { readonly output: string; readonly rows: string },
): Promise<number> {
  if (form !== "ipynb" && form !== "md") return fail("E_USAGE", `there is no form "${form}"`, { remedy: nearest(form, ["ipynb", "md"]) });
  const piped = toStdout(io, output);
  const { document } = await openDocument(io, run, rows);
  const { text, files } = form === "ipynb" ? { text: notebookOf(document), files: [] } : markdownOf(document, piped ? null : output);
  if (piped) {
    await write(io, text);
    return exitCodes.done;
  }
  for (const file of files) writeOutput(file.path, file.content);
  writeOutput(output, text);
  const bytes = Buffer.byteLength(text);
  if (io.json) printJson(io, { type: "export", form, path: output, bytes, run: document.run.id, files: files.map((file) => file.path) });
  else
    say(
      io,
      `${output}: run ${document.run.id}, ${formatBytes(bytes)}${files.length > 0 ? `, and ${files.map((file) => file.path).join(", ")}` : ""}`,
    );
  return exitCodes.done;
}
