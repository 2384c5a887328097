import type { Artifact, Scalar } from "../model.ts";
import { cleanLine, cleanLines } from "../report/clean.ts";
import { countOf, formatBytes, formatDuration, formatNumber } from "../report/format.ts";
import { type Colors, colorsFor } from "../report/style.ts";
import type { RunRow } from "../record/runs.ts";
import type { Cell } from "../report/text-table.ts";
import { cut } from "../report/width.ts";
import { columnText } from "./compare-columns.ts";
import type { Difference, StepState } from "./compare-runs.ts";
import { type Io, print, printTable, say, widthOf } from "./io.ts";
import { short } from "./short.ts";

type Of<Type extends Difference["type"]> = Extract<Difference, { type: Type }>;

/** What differs between two runs, for the eye: a section for each kind of difference. */
export function printDiff(io: Io, before: RunRow, after: RunRow, found: readonly Difference[]): void {
  const only = <Type extends Difference["type"]>(type: Type) => found.filter((each): each is Of<Type> => each.type === type);
  say(io, `${before.id} ${before.status} → ${after.id} ${after.status}`);
  print(io, "");
  printTable(
    io,
    ["step", "before", "after"],
    only("step").map(({ step, before: then, after: now }) => [step, state(then), state(now)]),
  );
  printEngine(io, only("code"));
  for (const code of only("code")) printCode(io, code);
  section(
    io,
    ["param", "before", "after", "step"],
    only("param").map((each) => [each.name, JSON.stringify(each.before), JSON.stringify(each.after), each.step]),
  );
  section(
    io,
    ["read", "kind", "before", "after", "step"],
    only("read").map((each) => [each.name, each.kind, ...readCells(each), each.step]),
  );
  section(
    io,
    ["data", "rows", "size", "digest", "columns"],
    only("data").map((each) => dataCells(each)),
  );
  section(
    io,
    ["metric", "before", "after", "delta", "table"],
    only("metric").map((each) => [each.column, scalar(each.before), scalar(each.after), signed(each.delta), each.table]),
  );
  if (found.every(({ type }) => type === "step")) say(io, "no difference in code, params, data or metrics");
}

function section(io: Io, columns: readonly string[], rows: readonly (readonly Cell[])[]): void {
  if (rows.length === 0) return;
  print(io, "");
  printTable(io, columns, rows);
}

function state(of: StepState): string {
  if (of === null) return "-";
  return of.status === "ran" || of.status === "failed" ? `${of.status}, ${formatDuration(of.ms)}` : of.status;
}

/** What several steps share is told once. */
function printEngine(io: Io, all: readonly Of<"code">[]): void {
  const steps = new Map<string, string[]>();
  const note = (what: string, step: string) => void steps.set(what, [...(steps.get(what) ?? []), step]);
  for (const { step, packages, engine } of all) {
    for (const word of engine) note(word, step);
    for (const { name, change } of packages) note(`${name} ${change}`, step);
  }
  section(
    io,
    ["packages and engine", "steps"],
    [...steps].map(([what, each]) => [what, each.length > 3 ? countOf(each.length, "step") : each.join(", ")]),
  );
}

function printCode(io: Io, { step, files, declarations, patch }: Of<"code">): void {
  const rows = Object.entries({ file: files, declaration: declarations }).flatMap(([kind, all]) =>
    all.map(({ name, change }) => [name, kind, change]),
  );
  section(io, [`code of ${step}`, "kind", "change"], rows);
  if (patch === null) return;
  const colors = colorsFor(io.stdout, io.env);
  print(
    io,
    `\n${cleanLines(patch.trimEnd())
      .map((line) => colored(cut(line, widthOf(io) || Infinity), colors))
      .join("\n")}`,
  );
}

function colored(line: string, colors: Colors): string {
  if (line.startsWith("+")) return colors.green(line);
  if (line.startsWith("-")) return colors.red(line);
  return line.startsWith("@@") ? colors.cyan(line) : line;
}

/** The digest of an environment variable is keyed: it says nothing to the eye. */
function readCells({ kind, before, after }: Of<"read">): string[] {
  if (kind === "env") return [before === null ? "not set" : "set", after === null ? "not set" : "set"];
  return [before, after].map((digest) => (digest === null ? "not there" : short(digest)));
}

function dataCells({ step, export: name, before, after, columns }: Of<"data">): string[] {
  const both = (show: (artifact: Artifact) => string) => {
    const [then, now] = [before ? show(before) : "-", after ? show(after) : "-"];
    return then === now ? now : `${then} → ${now}`;
  };
  const rows = both(({ rows: count }) => (count === undefined ? "" : String(count)));
  return [
    `${step}.${name}`,
    rows,
    both(({ bytes }) => formatBytes(bytes)),
    both(({ digest }) => short(digest)),
    columns.map(columnText).map(cleanLine).join(", "),
  ];
}

function scalar(value: Scalar): string {
  return typeof value === "number" ? formatNumber(value) : String(value);
}

function signed(delta: number | null): string {
  if (delta === null) return "";
  return `${delta > 0 ? "+" : ""}${formatNumber(delta)}`;
}
