import type { RunInfo, Trigger } from "../model.ts";
import { digestOf } from "../store/digest.ts";
import { here } from "./here.ts";
import { param } from "./param.ts";

function read<Field extends keyof RunInfo>(field: Field): RunInfo[Field] {
  const host = here();
  host.note({ kind: "run", name: field, digest: digestOf(JSON.stringify(host.run[field])) });
  return host.run[field];
}

/**
 * The run that this step is part of. A step that reads one of `id`, `logicalDate`, `startedAt` or `trigger` runs again
 * when that differs, so `id` and `startedAt` make it run in every run.
 *
 * @example const day = run.logicalDate.toISOString().slice(0, 10);
 */
export const run = Object.freeze({
  /** Unique to the run; `standalone` without a runner. Makes a step's own side effects idempotent. */
  get id(): string {
    return read("id");
  },
  /** The scheduled instant that the run stands for, not the clock. */
  get logicalDate(): Date {
    return new Date(read("logicalDate"));
  },
  get startedAt(): Date {
    return new Date(read("startedAt"));
  },
  /** What started it. */
  get trigger(): Trigger {
    return read("trigger");
  },
  /** The param `seed`, 42 by default: for `random(run.seed)`. */
  get seed(): number {
    return param("seed", 42, { doc: "seed of the random generators" });
  },
});
