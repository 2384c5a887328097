import type { Emit } from "../events.ts";
import type { Mask } from "../mask.ts";
import type { Graph, RunInfo, StepId } from "../model.ts";
import type { Knowledge } from "../plan/decide.ts";
import type { Planned } from "../plan/plan.ts";
import type { ResultTables } from "../record/experiments.ts";
import type { Db } from "../record/state.ts";
import type { FileHasher } from "../store/files.ts";
import type { Store } from "../store/store.ts";
import type { Cancellation } from "./cancel.ts";
import type { RunWrites } from "./notes.ts";
import type { ProcessPool } from "./pool.ts";

/** All that a run is made of while it goes on. */
export interface RunContext {
  readonly graph: Graph;
  readonly selected: ReadonlySet<StepId>;
  readonly planned: readonly Planned[];
  readonly known: Knowledge;
  readonly db: Db;
  readonly store: Store;
  readonly hasher: FileHasher;
  readonly pool: ProcessPool;
  readonly info: RunInfo;
  /** How many steps may run side by side. */
  readonly jobs: number;
  /** Go on with what does not depend on a failed step. */
  readonly keepGoing: boolean;
  /** Takes secrets out of what is kept; `emit` does so of what is told. */
  readonly mask: Mask;
  readonly emit: Emit;
  readonly cancel: Cancellation;
  /** What its steps have written so far. */
  readonly writes: RunWrites;
  /** The results tables; read when a step first records. */
  resultTables(proposed?: () => string): { ddl: string; tables: ResultTables };
}
