import { defaultRunOptions } from "../config.ts";
import { toFailure } from "../errors.ts";
import type { Emit } from "../events.ts";
import { Cancellation, passOn } from "../execute/cancel.ts";
import { runMirrored } from "../mirror/run.ts";
import type { Trigger } from "../model.ts";
import type { Schedule } from "./define.ts";

/** How one run of a slot ended; `cancelled` by whoever asked from outside. */
export interface Attempt {
  readonly status: "succeeded" | "failed" | "cancelled";
  readonly reason: string | null;
}

interface AttemptOptions {
  readonly project: string;
  readonly slot: string;
  readonly trigger: Trigger;
  readonly jobs?: number;
}

/** Runs the pipeline for a slot, in this process; its steps have their own. */
export async function attemptSlot(
  schedule: Schedule,
  { project, slot, trigger, jobs }: AttemptOptions,
  emit: Emit,
  cancellation: Cancellation,
): Promise<Attempt> {
  let late = false;
  const within = new Cancellation();
  const release = passOn(cancellation, within);
  let timer: NodeJS.Timeout | undefined;
  let failed: string | undefined;
  const listen: Emit = (event) => {
    // A wait for another run of the folder is none of this one's time.
    if (event.type === "run.started" && schedule.deadline !== null)
      timer = setTimeout(() => ((late = true), within.request()), schedule.deadline);
    if (event.type === "step.failed") failed ??= `${event.step}: ${event.failure.message}`;
    emit(event);
  };
  try {
    const defaults = defaultRunOptions(project);
    const { status } = await runMirrored(
      { ...defaults, steps: schedule.steps, params: schedule.params, trigger, logicalDate: slot, jobs: jobs ?? defaults.jobs },
      listen,
      within,
    );
    return status === "succeeded" ? { status, reason: null } : ended(status === "cancelled", failed ?? `the run was ${status}`);
  } catch (error) {
    return ended((error as Error).name === "AbortError", toFailure(error).message);
  } finally {
    clearTimeout(timer);
    release();
  }

  function ended(stopped: boolean, reason: string): Attempt {
    if (late) return { status: "failed", reason: "it took longer than its deadline" };
    return { status: stopped && cancellation.requested ? "cancelled" : "failed", reason };
  }
}
