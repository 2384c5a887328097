import type { Step, StepId } from "../model.ts";
import type { Planned } from "../plan/plan.ts";
import type { Kind } from "./pool.ts";

/** Functions of the step API that work by DuckDB. */
export const tableFunctions: ReadonlySet<string> = new Set(["sql", "csv", "parquet", "table", "check"]);

export function usesTables(step: Step): boolean {
  return step.uses.some((name) => tableFunctions.has(name));
}

/** Which steps are still to come, and so which processes are worth starting ahead of need. */
export class Coming {
  readonly #planned: readonly Planned[];
  readonly #tables: ReadonlySet<StepId>;
  readonly #started = new Set<StepId>();

  constructor(planned: readonly Planned[]) {
    this.#planned = planned;
    this.#tables = new Set(planned.filter(({ step }) => usesTables(step)).map(({ step }) => step.id));
  }

  started(step: Step): void {
    this.#started.add(step.id);
  }

  /** What the next steps that may run will want. What a step that makes tables exports is often one. */
  next(count: number): Kind[] {
    const steps = this.#planned.filter(({ verdict, step }) => verdict !== "reuse" && step.config.memory === null && !this.#started.has(step.id));
    return steps.slice(0, count).map(({ step }) => ({
      tables: this.#tables.has(step.id) || step.edges.some(({ from }) => this.#tables.has(from)),
      outside: step.outside,
    }));
  }
}
