import type { Artifact, Digest, Effect, ReadKind, Scalar } from "../model.ts";
import { type KeptRecord, recordById } from "../record/records.ts";
import { type RunRow, runSteps, type RunStepRow } from "../record/runs.ts";
import type { Db } from "../record/state.ts";
import { type ColumnChange, compareColumns } from "./compare-columns.ts";
import { changedWords, compareAll, type Compared } from "./ingredients.ts";

/** One thing in which two runs differ; a `step` is told of every step. */
export type Difference =
  | { readonly type: "step"; readonly step: string; readonly before: StepState; readonly after: StepState }
  | {
      readonly type: "code";
      readonly step: string;
      readonly files: readonly Change[];
      readonly declarations: readonly Change[];
      readonly packages: readonly Change[];
      readonly engine: readonly string[];
      readonly patch: string | null;
    }
  | { readonly type: "param"; readonly step: string; readonly name: string; readonly before: unknown; readonly after: unknown }
  | {
      readonly type: "read";
      readonly step: string;
      readonly kind: ReadKind;
      readonly name: string;
      readonly before: Digest | null;
      readonly after: Digest | null;
    }
  | {
      readonly type: "data";
      readonly step: string;
      readonly export: string;
      readonly before: Artifact | null;
      readonly after: Artifact | null;
      readonly columns: readonly ColumnChange[];
    }
  | {
      readonly type: "metric";
      readonly step: string;
      readonly table: string;
      readonly row: number;
      readonly column: string;
      readonly before: Scalar;
      readonly after: Scalar;
      readonly delta: number | null;
    };

export type StepState = { readonly status: string; readonly ms: number } | null;

export interface Change {
  readonly name: string;
  readonly change: "added" | "removed" | "changed";
}

/** A step as both runs have it, or one of them. */
export interface Pair {
  readonly step: string;
  readonly before: Side | undefined;
  readonly after: Side | undefined;
}

interface Side {
  readonly row: RunStepRow;
  readonly record: KeptRecord | undefined;
}

/** The steps of two runs side by side, by name: a renumbered step is the same one. */
export function pairSteps(db: Db, before: RunRow, after: RunRow): Pair[] {
  const [old, fresh] = [sides(db, before.id), sides(db, after.id)];
  const names = [...new Set([...fresh.keys(), ...old.keys()])];
  const pairs = names.map((name) => ({
    step: (fresh.get(name) ?? old.get(name)!).row.step,
    before: old.get(name),
    after: fresh.get(name),
  }));
  return pairs.sort((a, b) => Number.parseInt(a.step, 10) - Number.parseInt(b.step, 10) || (a.step < b.step ? -1 : 1));
}

function sides(db: Db, run: string): Map<string, Side> {
  const rows = runSteps(db, run).map((row) => ({ row, record: row.record === null ? undefined : recordById(db, row.record) }));
  const bare = (step: string) => step.replace(/^\d+_/, "");
  const shared = (step: string) => rows.filter((each) => bare(each.row.step) === bare(step)).length > 1;
  return new Map(rows.map((side) => [shared(side.row.step) ? side.row.step : bare(side.row.step), side]));
}

/** All that differs in a step but the text of its code. */
export function compareStep(pair: Pair): Difference[] {
  const { step, before, after } = pair;
  const state = (side: Side | undefined): StepState => (side ? { status: side.row.status, ms: side.row.ms } : null);
  const told: Difference = { type: "step", step, before: state(before), after: state(after) };
  const [old, fresh] = [before?.record, after?.record];
  if (!old || !fresh || old.id === fresh.id) return [told];
  return [
    told,
    ...compareCode(step, old, fresh),
    ...compareReads(step, old, fresh),
    ...compareData(step, old, fresh),
    ...compareMetrics(step, old, fresh),
  ];
}

function compareCode(step: string, old: KeptRecord, fresh: KeptRecord): Difference[] {
  const [before, after] = [old.parts, fresh.parts];
  const packages = changes(compareAll(before.packages, after.packages));
  const engine = changedWords(before.engine, after.engine);
  if (before.code === after.code && packages.length === 0 && engine.length === 0) return [];
  const [files, declarations] =
    before.code === after.code
      ? [[], []]
      : [changes(compareAll(before.sources, after.sources)), changes(compareAll(before.declarations, after.declarations))];
  return [{ type: "code", step, files, declarations, packages, engine, patch: null }];
}

function changes(all: readonly Compared[]): Change[] {
  return all
    .filter((each) => each.changed)
    .map(({ name, then, now }) => ({ name, change: then === null ? "added" : now === null ? "removed" : "changed" }));
}

function compareReads(step: string, old: KeptRecord, fresh: KeptRecord): Difference[] {
  const key = (read: { kind: string; name: string }) => `${read.kind} ${read.name}`;
  const [then, now] = [new Map(old.reads.map((read) => [key(read), read])), new Map(fresh.reads.map((read) => [key(read), read]))];
  return [...new Set([...now.keys(), ...then.keys()])].flatMap((each): Difference[] => {
    const [before, after] = [then.get(each), now.get(each)];
    const { kind, name } = (after ?? before)!;
    if (kind === "run" || before?.digest === after?.digest) return [];
    const shown = (read: typeof before): unknown => (read?.shown === undefined ? null : JSON.parse(read.shown));
    if (kind === "param") return [{ type: "param", step, name, before: shown(before), after: shown(after) }];
    return [{ type: "read", step, kind, name, before: before?.digest ?? null, after: after?.digest ?? null }];
  });
}

function compareData(step: string, old: KeptRecord, fresh: KeptRecord): Difference[] {
  const names = [...new Set([...Object.keys(fresh.artifacts), ...Object.keys(old.artifacts)])];
  return names.flatMap((name): Difference[] => {
    const [before, after] = [old.artifacts[name] ?? null, fresh.artifacts[name] ?? null];
    if (before?.digest === after?.digest) return [];
    return [{ type: "data", step, export: name, before, after, columns: compareColumns(before?.schema ?? [], after?.schema ?? []) }];
  });
}

/** Filled in by the engine, and another in each run. */
const ownColumns: ReadonlySet<string> = new Set(["experiment_id", "experiment_datetime", "run_id", "logical_date"]);

function compareMetrics(step: string, old: KeptRecord, fresh: KeptRecord): Difference[] {
  const [then, now] = [rowsOf(old), rowsOf(fresh)];
  return Array.from({ length: Math.max(then.length, now.length) }, (_, index) => index).flatMap((index) => {
    const [before, after] = [then[index], now[index]];
    const columns = [...new Set([...Object.keys(after?.row ?? {}), ...Object.keys(before?.row ?? {})])];
    return columns.flatMap((column): Difference[] => {
      const [a, b] = [before?.row[column] ?? null, after?.row[column] ?? null];
      if (a === b || ownColumns.has(column)) return [];
      const delta = typeof a === "number" && typeof b === "number" ? b - a : null;
      return [{ type: "metric", step, table: (after ?? before)!.table, row: index + 1, column, before: a, after: b, delta }];
    });
  });
}

function rowsOf(record: KeptRecord): Extract<Effect, { kind: "record" }>[] {
  return record.effects.filter((effect) => effect.kind === "record").sort((a, b) => (a.table < b.table ? -1 : a.table > b.table ? 1 : 0));
}
