import { createReadStream, existsSync } from "node:fs";
import { exitCodes, fail } from "../errors.ts";
import { logFile } from "../execute/logs.ts";
import { startedSteps } from "../execute/started.ts";
import { namedBy, onlyOne } from "../graph/select.ts";
import { jsonLine } from "../json.ts";
import { nearest } from "../nearest.ts";
import { recordById } from "../record/records.ts";
import { findRun, type RunRow, runSteps, type RunStepRow } from "../record/runs.ts";
import type { Db } from "../record/state.ts";
import { cleanOutput } from "../report/clean.ts";
import { colorsFor } from "../report/style.ts";
import { type Io, write } from "./io.ts";
import { withKept } from "./opened.ts";

/** `logs`: what a step printed in a run; of a reused step, what it printed when it ran. */
export async function logs(io: Io, words: string, step: string): Promise<number> {
  return withKept(io, async ({ db, project }) => {
    const run = findRun(db, words);
    const file = findLog(io, db, project, run, step);
    if (existsSync(file)) await stream(io, file);
    else io.stderr.write("nothing was printed; what a step displays is shown by `ui` and `report`\n");
    return exitCodes.done;
  });
}

/** @returns the file, which is not there if nothing was printed @throws E_NOT_FOUND */
function findLog(io: Io, db: Db, project: string, run: RunRow, word: string): string {
  const steps = runSteps(db, run.id);
  // Those of a run that still goes on are nowhere else yet.
  const started = startedSteps(project, run.id);
  const id = findId([...new Set([...steps.map((each) => each.step), ...started.keys()])], run, word);
  if (started.has(id)) return logFile(project, run.id, id);
  const row = steps.find((each) => each.step === id);
  return (
    loggedBefore(io, db, project, row) ??
    fail("E_NOT_FOUND", `there is no log of ${id} in run ${run.id}: it was ${row?.status ?? "not run"}`, {
      remedy: `\`show ${run.id}\` tells why`,
    })
  );
}

function findId(ids: readonly string[], run: RunRow, word: string): string {
  const found = namedBy(
    ids.map((id) => ({ id, name: id.replace(/^\d+_/, ""), number: Number.parseInt(id, 10) })),
    word,
  );
  if (found.length === 0) return fail("E_NOT_FOUND", `run ${run.id} has no step "${word}"`, { remedy: nearest(word, ids) });
  return onlyOne(found, word).id;
}

function loggedBefore(io: Io, db: Db, project: string, row: RunStepRow | undefined): string | undefined {
  const record = row?.status === "cached" && row.record !== null ? recordById(db, row.record) : undefined;
  const file = record && logFile(project, record.run, record.step);
  if (!file || !startedSteps(project, record.run).has(record.step)) return undefined;
  io.stderr.write(`${row!.step} was reused: this is what it printed in run ${record.run}\n`);
  return file;
}

async function stream(io: Io, file: string): Promise<void> {
  const colors = colorsFor(io.stdout, io.env).isColorSupported;
  const shown = (line: string) => (io.json ? jsonLine({ line: line.replace(/\r$/, "") }) : `${cleanOutput(line, colors)}\n`);
  for await (const lines of linesOf(file)) if (!(await write(io, lines.map(shown).join("")))) return;
}

/** The lines of a file, as many at a time as come; `readline` would also end a line at each frame of a bar. */
async function* linesOf(file: string): AsyncGenerator<string[]> {
  let rest = "";
  for await (const chunk of createReadStream(file, { encoding: "utf8" })) {
    const lines = (rest + (chunk as string)).split("\n");
    rest = lines.pop()!;
    if (lines.length > 0) yield lines;
  }
  if (rest !== "") yield [rest];
}
