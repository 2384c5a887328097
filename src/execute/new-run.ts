import type { RunOptions } from "../config.ts";
import { fail } from "../errors.ts";
import type { RunInfo } from "../model.ts";
import { newRunId } from "../record/runs.ts";

/** A run that begins now. @throws E_USAGE where the logical date is none */
export function newRun({ trigger, logicalDate }: Pick<RunOptions, "trigger" | "logicalDate">): RunInfo {
  const now = new Date();
  return { id: newRunId(now), trigger, logicalDate: instantOf(logicalDate ?? now.toISOString()), startedAt: now.toISOString() };
}

/** What is known of a run before it begins: where it is given no date, all but that. @throws E_USAGE */
export function runAhead({ trigger, logicalDate }: Pick<RunOptions, "trigger" | "logicalDate">): Partial<RunInfo> {
  return { trigger, ...(logicalDate === null ? {} : { logicalDate: instantOf(logicalDate) }) };
}

function instantOf(text: string): string {
  const date = new Date(text);
  if (!Number.isNaN(date.getTime())) return date.toISOString();
  return fail("E_USAGE", `--logical-date "${text}" is no date`, { remedy: "write it as 2026-01-31 or 2026-01-31T06:00:00Z" });
}
