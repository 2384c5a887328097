import type { RunOptions } from "../config.ts";
import { logicalInstant } from "../dates.ts";
import type { RunInfo } from "../model.ts";
import { newRunId } from "../record/runs.ts";

/** A run that begins now. @throws E_USAGE where the logical date is none */
export function newRun({ trigger, logicalDate }: Pick<RunOptions, "trigger" | "logicalDate">): RunInfo {
  const now = new Date();
  return { id: newRunId(now), trigger, logicalDate: logicalInstant(logicalDate ?? now.toISOString()), startedAt: now.toISOString() };
}

/** What is known of a run before it begins: where it is given no date, all but that. @throws E_USAGE */
export function runAhead({ trigger, logicalDate }: Pick<RunOptions, "trigger" | "logicalDate">): Partial<RunInfo> {
  return { trigger, ...(logicalDate === null ? {} : { logicalDate: logicalInstant(logicalDate) }) };
}
