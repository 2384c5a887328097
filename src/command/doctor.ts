import path from "node:path";
import { exitCodes } from "../errors.ts";
import { cleanLines } from "../report/clean.ts";
import { colorsFor } from "../report/style.ts";
import { wrap } from "../report/width.ts";
import { version } from "../version.ts";
import { type Check, guarded, ok } from "./checks/check.ts";
import { checkGraph, checkIgnored, checkModuleType, checkTypes } from "./checks/code.ts";
import { checkDuckdb, checkNode, checkSpace, checkSqlite, checkWritable } from "./checks/machine.ts";
import { type Io, print, printJson, widthOf } from "./io.ts";

/** What may not even load is loaded where it is looked at: the doctor must be able to speak. */
function* checks(project: string): Generator<Promise<Check[]> | Check[]> {
  yield [ok("stepbook", version)];
  yield checkNode();
  yield checkSqlite();
  yield checkDuckdb(project);
  yield checkWritable(project);
  yield checkSpace(project);
  yield checkGraph(project);
  yield checkTypes(project);
  yield checkModuleType(project);
  yield guarded("state", "run `npm rebuild better-sqlite3`", async () => (await import("./checks/kept.ts")).checkKept(project));
  yield checkIgnored(project);
}

/** `doctor`: looks for what is wrong with this machine or project; changes nothing. */
export async function doctor(io: Io): Promise<number> {
  let wrong = false;
  for (const found of checks(path.resolve(io.project))) {
    for (const check of await found) {
      wrong ||= check.status === "wrong";
      if (io.json) printJson(io, { name: check.name, status: check.status, detail: check.detail, remedy: check.remedy ?? null });
      else printCheck(io, check);
    }
  }
  return wrong ? exitCodes.graph : exitCodes.done;
}

function printCheck(io: Io, { name, status, detail, remedy }: Check): void {
  const { green, red, yellow, cyan } = colorsFor(io.stdout, io.env);
  const mark = { ok: green("✓"), warning: yellow("!"), wrong: red("✗") }[status];
  const width = (widthOf(io) || Infinity) - 4;
  const [first = "", ...more] = cleanLines(`${name}: ${detail}`).flatMap((line) => wrap(line, width));
  print(io, `${mark} ${first}`);
  for (const line of more) print(io, `    ${line}`);
  if (remedy !== undefined)
    for (const [index, line] of wrap(remedy, width).entries()) print(io, cyan(`  ${index === 0 ? "→" : " "} ${line}`));
}
