import type { Failure } from "./errors.ts";
import type { Artifact, CheckedRule, MimeBundle, Reason, RunInfo, RunStatus, StepId, StepStatus } from "./model.ts";

/**
 * All that can happen in a run: the closed union that every report renders. `--json` prints one
 * a line; docs/events.md describes them. Times are ISO 8601 UTC, durations milliseconds.
 */
export type Event =
  | { type: "run.started"; run: string; at: string; info: RunInfo; params: Record<string, string>; steps: StepId[] }
  | { type: "run.waiting"; owner: { pid: number; since: string } }
  | { type: "watch.waiting"; files: number }
  | { type: "run.recovered"; runs: string[] }
  | { type: "step.started"; run: string; step: StepId; at: string; attempt: number; reason: Reason }
  | { type: "step.reused"; run: string; step: StepId; reason: Reason; from: string; ms: number }
  | { type: "step.output"; run: string; step: StepId; stream: "stdout" | "stderr"; line: string }
  | { type: "step.progress"; run: string; step: StepId; label: string; done: number; total: number | null }
  | { type: "step.displayed"; run: string; step: StepId; bundle: MimeBundle }
  | { type: "step.checked"; run: string; step: StepId; table: string; rules: readonly CheckedRule[] }
  | { type: "step.warned"; run: string; step: StepId; message: string }
  | { type: "step.retrying"; run: string; step: StepId; attempt: number; in: number; failure: Failure }
  | { type: "step.ran"; run: string; step: StepId; ms: number; attempts: number; artifacts: Record<string, Artifact>; changed: string[] }
  | { type: "step.failed"; run: string; step: StepId; ms: number; attempts: number; failure: Failure }
  | { type: "step.skipped"; run: string; step: StepId; reason: Reason }
  | { type: "step.cancelled"; run: string; step: StepId; ms: number }
  | { type: "row.recorded"; run: string; step: StepId; table: string; row: Record<string, unknown> }
  | { type: "model.saved"; run: string; step: StepId; name: string; version: number; path: string; existed: boolean }
  | { type: "run.warned"; run: string; message: string }
  | { type: "run.finished"; run: string; status: RunStatus; ms: number; steps: StepOutcome[] };

export interface StepOutcome {
  readonly step: StepId;
  readonly status: StepStatus;
  readonly reason: string;
  readonly ms: number;
  readonly attempts: number;
}

export type Emit = (event: Event) => void;

/** Compile-time proof that a switch over a closed union is complete. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
}
