import { currentRecord, runById } from "../../record/lookup.ts";
import { type KeptRecord, recordById } from "../../record/records.ts";
import { lastFailure, listRuns, type RunRow, runSteps, type RunStepRow } from "../../record/runs.ts";
import type { Db } from "../../record/state.ts";
import { fail, type Failure } from "../../errors.ts";
import type { Graph, Step, StepId } from "../../model.ts";
import type { Planned } from "../../plan/plan.ts";
import type { CellState } from "../part/icons.ts";
import type { LiveStep } from "../live.ts";
import type { Site } from "../site.ts";
import { underWay } from "./under-way.ts";

/** A step as the notebook shows it. */
export interface Cell {
  readonly id: StepId;
  /** Absent where the step is no longer in the folder, or the graph cannot be read. */
  readonly step: Step | undefined;
  readonly row: RunStepRow | undefined;
  /** Whose outputs are shown: those of the run, else the newest. */
  readonly record: KeptRecord | undefined;
  readonly state: CellState;
  /** Why it is in this state. */
  readonly reason: string;
  /** What went wrong, in the run or, of a step that took no part in it and never ended well, before. */
  readonly failure: Failure | null;
  /** The earlier run in which it went wrong. */
  readonly failedIn?: string;
  readonly live: LiveStep | undefined;
}

export interface Notebook {
  readonly run: RunRow | undefined;
  /** It is the newest run, so that what is stale now is told. */
  readonly newest: boolean;
  readonly cells: readonly Cell[];
  readonly graph: Graph | null;
  readonly failure: Failure | null;
}

/** The steps in order with what became of them in a run: the newest where none is named. @throws E_NOT_FOUND */
export async function readNotebook(site: Site, id?: string): Promise<Notebook> {
  const { db } = site.kept;
  const { graph, failure } = await site.graph();
  const [last] = listRuns(db, 1);
  const run = id === undefined ? last : (runById(db, id) ?? fail("E_NOT_FOUND", `there is no run ${id}`));
  const newest = run?.id === last?.id;
  const rows = new Map((run ? runSteps(db, run.id) : []).map((row) => [row.step, row]));
  const going = underWay(site.project, run);
  const planned = graph && newest && run?.status !== "running" ? await site.plan(graph, run?.params ?? {}) : new Map<StepId, Planned>();
  const ids = newest && graph ? graph.steps.map((step) => step.id) : [...new Set([...rows.keys(), ...going.keys()])].sort(byNumber);
  const cells = ids.map((each): Cell => {
    const step = graph?.steps.find((one) => one.id === each);
    const row = rows.get(each);
    const live = site.live.run === run?.id ? site.live.step(each) : undefined;
    const own = row?.record === null || row === undefined ? undefined : recordById(db, row.record);
    const record = own ?? (newest && step ? currentRecord(db, step.name) : undefined);
    const doing = live?.state ?? (row ? undefined : going.get(each));
    const found = stateOf(
      row,
      record,
      live,
      doing,
      newest && run?.status !== "running" ? staleness(step, record, planned.get(each)) : undefined,
    );
    const failedOnce = found.state === "never" ? failedBefore(db, each) : undefined;
    return { id: each, step, row, record, live, failure: row?.failure ?? null, ...(failedOnce ?? found) };
  });
  return { run, newest, cells, graph, failure };
}

function stateOf(
  row: RunStepRow | undefined,
  record: KeptRecord | undefined,
  live: LiveStep | undefined,
  doing: "running" | "retrying" | "waiting" | undefined,
  stale: string | undefined,
): Pick<Cell, "state" | "reason"> {
  if (doing) return { state: doing, reason: live?.reason ?? "" };
  if (row && row.status !== "ran" && row.status !== "cached") return { state: row.status, reason: row.reason };
  if (stale !== undefined) return { state: "stale", reason: stale };
  if (row) return { state: row.status === "cached" ? "reused" : "ran", reason: row.reason };
  return record ? { state: "earlier", reason: `from run ${record.run}` } : { state: "never", reason: "it has not run yet" };
}

/** A step that has never ended well, and took no part in the run. */
function failedBefore(db: Db, step: StepId): Pick<Cell, "state" | "reason" | "failure" | "failedIn"> | undefined {
  const failed = lastFailure(db, step);
  return failed && { state: "failed", reason: `in run ${failed.run}: ${failed.reason}`, failure: failed.failure, failedIn: failed.run };
}

/** Runs in every run, whatever happened: that alone puts nothing that is shown out of date. */
const always: ReadonlySet<string> = new Set(["records", "cache-off", "forced", "opaque"]);

/** Why what is shown of a step no longer holds, or undefined. */
function staleness(step: Step | undefined, record: KeptRecord | undefined, planned: Planned | undefined): string | undefined {
  if (!step || !record) return undefined;
  if (planned?.verdict === "run" && !always.has(planned.reason.code)) return planned.reason.text;
  return step.code.digest === record.parts.code ? undefined : "its code changed";
}

export function byNumber(a: string, b: string): number {
  return Number.parseInt(a, 10) - Number.parseInt(b, 10) || (a < b ? -1 : 1);
}
