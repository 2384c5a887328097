import type { ReadKind } from "../model.ts";
import type { Planned } from "../plan/plan.ts";
import type { KeptRecord } from "../record/records.ts";
import { countOf, formatDate } from "../report/format.ts";
import type { Cell } from "../report/text-table.ts";
import { changedWords, type Compared, type Ingredients } from "./ingredients.ts";
import { type Io, print, printTable, say } from "./io.ts";
import { short } from "./short.ts";

const verdicts = { run: "runs", reuse: "is reused", maybe: "may run" } as const;

/** A decision and its ingredients for the eye. */
export function printWhy(io: Io, { step, verdict, reason }: Planned, record: KeptRecord | undefined, found: Ingredients): void {
  say(io, `${step.id} ${verdicts[verdict]}: ${reason.text}`);
  if (record) say(io, `compared with run ${record.run}, ${formatDate(record.finishedAt)}`);
  printCode(io, found);
  section(
    io,
    "inputs",
    ["then", "now"],
    found.inputs.map((each) => [each.name, short(each.then), each.changed === null ? "?" : short(each.now), word(each)]),
  );
  section(
    io,
    "reads",
    ["kind", "then", "now"],
    found.reads.map((each) => [each.name, each.kind, seen(each, each.then), seen(each, each.now), word(each)]),
  );
  section(
    io,
    "outputs",
    ["then", "now"],
    found.outputs.map((each) => [each.name, short(each.then), short(each.now), word(each)]),
  );
  section(
    io,
    "cannot be seen through",
    ["kind"],
    found.opaque.map(({ kind, what }) => [what, kind, ""]),
  );
  section(
    io,
    "stored exports",
    ["digest"],
    found.artifacts.map(({ name, digest, health }) => [name, short(digest), health]),
  );
}

function printCode(io: Io, { code, files, declarations, packages, engine }: Ingredients): void {
  section(
    io,
    `code: ${code.changed ? "changed" : "same"}`,
    [],
    files.map((each) => [each.name, code.changed === false && each.changed ? "changed, not the code" : word(each)]),
  );
  const changed = declarations.filter((each) => each.changed && each.then !== null);
  section(
    io,
    "declarations",
    [],
    changed.map((each) => [each.name, word(each)]),
  );
  const others = packages.filter((each) => each.changed);
  const same = packages.length - others.length;
  section(
    io,
    `packages${same > 0 ? `: ${countOf(same, "package")} the same` : ""}`,
    [],
    others.map((each) => [each.name, word(each)]),
    same > 0,
  );
  if (engine.changed && engine.then !== null)
    section(
      io,
      "engine",
      [],
      changedWords(engine.then, engine.now ?? "").map((each) => [each]),
    );
}

function section(io: Io, title: string, columns: readonly string[], rows: readonly (readonly Cell[])[], always = false): void {
  if (rows.length === 0 && !always) return;
  print(io, "");
  printTable(io, [title, ...columns, ""], rows);
}

function word({ then, now, changed }: Compared): string {
  if (changed === null) return "known when its step has run";
  if (!changed) return "same";
  if (then === null) return "new";
  return now === null ? "gone" : "changed";
}

/** Values of params are shown, those of environment variables are not. */
function seen(read: Compared & { kind: ReadKind }, value: string | null): string {
  if (read.kind === "param") return value ?? "?";
  if (read.kind === "run") return "";
  if (read.kind === "env") return value === null ? "not set" : "set";
  return value === null ? "not there" : short(value);
}
