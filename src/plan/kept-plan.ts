import { readFileSync } from "node:fs";
import path from "node:path";
import type { Digest, Read, Written } from "../model.ts";
import { rowsText } from "../record/rows.ts";
import { type Db, stateFolder } from "../record/state.ts";
import { keepWhole } from "../store/keep.ts";
import { type Ground, isUnmoved } from "./ground.ts";
import type { PackageHasher } from "./packages.ts";
import type { World } from "./reads.ts";

/** Raised where what is kept, or how it is checked, changes. */
export const planFormat = 3;

/** A step that is reused, and the record that stands for it. */
interface KeptStep {
  readonly step: string;
  /** Id of the record, the run that made it, and the ms that took. */
  readonly record: number;
  readonly run: string;
  readonly ms: number;
}

/**
 * A plan that reuses every step, with all that was looked at to make it. Where all of it is the same, so is the plan: nothing
 * has to be read, hashed and looked up step by step.
 */
export interface KeptPlan {
  /** What reads graphs and decides, and where. */
  readonly key: string;
  /** The time zone and the locale, and what they are made from. */
  readonly place: { readonly signature: string; readonly digest: Digest } | null;
  /** What the graph was made from. */
  readonly sources: Ground;
  /** Artifacts, outputs, and files that steps read. */
  readonly files: Ground["signed"];
  /** What else steps read. */
  readonly reads: readonly Read[];
  /** Outputs that are not files. */
  readonly outputs: readonly Written[];
  /** Packages of steps, and the hashes of all that they reach. */
  readonly packages: readonly (readonly [step: string, names: readonly string[], closure: Readonly<Record<string, Digest>>])[];
  /** Names of the variables that steps read as secrets. */
  readonly secrets: readonly string[];
  readonly steps: readonly KeptStep[];
  /** Id of the newest record of all: a newer one may be a step's. */
  readonly newest: number | null;
}

/** With the rows of its records, byte for byte: a damaged record does not count. */
export interface PlanOnDisk {
  readonly plan: KeptPlan;
  readonly rows: string;
}

function planFile(project: string): string {
  return path.join(stateFolder(project), "plan");
}

/** The kept plan; undefined where there is none, or any doubt. */
export function readPlan(project: string): PlanOnDisk | undefined {
  try {
    const bytes = readFileSync(planFile(project));
    const length = bytes.indexOf(10) + 1;
    const body = bytes.subarray(0, length);
    if (length === 0 || !body.equals(bytes.subarray(length, 2 * length))) return undefined;
    return { plan: JSON.parse(body.toString()) as KeptPlan, rows: bytes.toString("utf8", 2 * length) };
  } catch {
    return undefined;
  }
}

/** Keeps it for the next run; where that cannot be written, the next run makes a plan. */
export function writePlan(project: string, db: Db, plan: Omit<KeptPlan, "newest">): void {
  const { newest, text } = rowsText(
    db,
    plan.steps.map(({ record }) => record),
  );
  const whole: KeptPlan = { ...plan, newest };
  const body = JSON.stringify(whole);
  // Twice, which shows damage: loading Node's hashes would take longer than all else here. The rows are compared as they are.
  keepWhole(planFile(project), `${body}\n${body}\n${text}`);
}

/** Whether its records are what they were, and no newer one is there. */
export function recordsHold({ plan, rows }: PlanOnDisk, db: Db): boolean {
  const { newest, text } = rowsText(
    db,
    plan.steps.map(({ record }) => record),
  );
  return newest === plan.newest && text === rows;
}

/** Whether nothing that was looked at beside the sources has changed. */
export async function looksHold({ plan }: PlanOnDisk, makeWorld: () => World, makePackages: () => PackageHasher): Promise<boolean> {
  if (!(await isUnmoved({ signed: plan.files, places: [], others: [] }))) return false;
  const [world, packages] = [once(makeWorld), once(makePackages)];
  for (const read of plan.reads) if ((await world().digest(read)) !== read.digest) return false;
  for (const output of plan.outputs) if ((await world().output(output)) !== output.digest) return false;
  for (const [step, names, closure] of plan.packages)
    if (JSON.stringify(await packages().closure(step, names)) !== JSON.stringify(closure)) return false;
  return true;
}

/** Made where it is first asked for: most plans ask for neither. */
function once<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}
