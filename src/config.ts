import { availableParallelism } from "node:os";
import type { Standby } from "./execute/standby.ts";
import type { Trigger } from "./model.ts";

/** What a run is asked to do. */
export interface RunOptions {
  /** Absolute path of the folder that holds `steps/`. */
  readonly project: string;
  /** Ids, names or number prefixes; empty: all steps. */
  readonly steps: readonly string[];
  readonly params: Readonly<Record<string, string>>;
  readonly force: boolean;
  /** Steps that run, with all that depends on them, whatever could be reused; empty: none is named. */
  readonly from: readonly string[];
  readonly jobs: number;
  readonly keepGoing: boolean;
  /** Wait for another runner in the same folder. */
  readonly wait: boolean;
  /** ISO 8601; null: the instant at which the run starts. */
  readonly logicalDate: string | null;
  readonly trigger: Trigger;
  /** Processes that were started before. */
  readonly standby?: Standby;
}

export function defaultRunOptions(project: string): RunOptions {
  return {
    project,
    steps: [],
    params: {},
    force: false,
    from: [],
    jobs: availableParallelism(),
    keepGoing: false,
    wait: true,
    logicalDate: null,
    trigger: "manual",
  };
}
