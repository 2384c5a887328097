import type { StepOutcome } from "../events.ts";
import type { Step } from "../model.ts";
import type { Decision } from "../plan/decide.ts";
import type { Planned } from "../plan/plan.ts";
import { unchanged } from "../plan/reasons.ts";
import { putTable } from "../record/outbox.ts";
import { highestPublished } from "../record/publish.ts";
import { renewModels } from "../record/records.ts";
import { putReusedSteps } from "../record/runs.ts";
import { unsynced } from "../record/state.ts";
import type { RunContext } from "./context.ts";
import { tellReused } from "./finished.ts";
import { noteModels, publishSaved } from "./owed.ts";

/** A step and the record that stands for it. */
export interface Reused {
  readonly step: Step;
  readonly decision: Extract<Decision, { verdict: "reuse" }>;
}

/** All steps of the plan, where each is reused and none has effects to renew; else undefined. */
export function aloneReused(planned: readonly Planned[]): Reused[] | undefined {
  const reused = planned.flatMap(({ step, decision }): Reused[] =>
    decision?.verdict === "reuse" && decision.record.effects.length === 0 ? [{ step, decision }] : [],
  );
  return reused.length === planned.length && planned.length > 0 ? reused : undefined;
}

/**
 * Reuses steps: one transaction for all of them, and then what is told of it. The disk is waited for only where there are
 * effects: after a power cut nothing else of a reused step is missed.
 * @param withThem what belongs in the same transaction
 */
export async function reuseSteps(
  context: Omit<RunContext, "pool" | "resultTables">,
  reused: readonly Reused[],
  withThem = () => {},
): Promise<StepOutcome[]> {
  if (reused.length === 0) return [];
  const { db, store, graph, info, emit } = context;
  const put = db.transaction(() => {
    withThem();
    putReusedSteps(
      db,
      info.id,
      unchanged.text,
      reused.map(({ step, decision }) => ({ step: step.id, record: decision.record.id })),
    );
    return reused.flatMap(({ step, decision: { record } }) => {
      // After an edit and its undoing the mirrored table is again what this record left.
      for (const effect of record.effects)
        if (effect.kind === "table") putTable(db, { run: info.id, step: step.id }, effect.table, effect.artifact);
      return renewModels(db, record, (name) => highestPublished(graph.project, name));
    });
  });
  const renewed = reused.some(({ decision: { record } }) => record.effects.length > 0) ? put() : unsynced(db, put);
  const saved = await publishSaved({ db, store, project: graph.project }, [...new Set(renewed)], (message) =>
    emit({ type: "run.warned", run: info.id, message }),
  );
  await noteModels(context, saved);
  return tellReused(
    info.id,
    reused.map(({ step, decision }) => ({ step: step.id, record: decision.record })),
    emit,
  );
}
