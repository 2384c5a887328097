import type { Artifact, Edge, Step, StepId } from "../model.ts";
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
  readonly #before: ReadonlyMap<StepId, readonly StepId[]>;
  readonly #artifacts: ReadonlyMap<StepId, Readonly<Record<string, Artifact>>>;
  readonly #tables: ReadonlySet<StepId>;
  /** Those that have started, or do not run. */
  readonly #begun: Set<StepId>;

  /**
   * @param planned the most urgent first
   * @param before step → those that it waits for
   * @param artifacts of the steps that have ended; filled by the walk
   */
  constructor(
    planned: readonly Planned[],
    before: ReadonlyMap<StepId, readonly StepId[]>,
    artifacts: ReadonlyMap<StepId, Readonly<Record<string, Artifact>>>,
  ) {
    this.#planned = planned;
    this.#before = before;
    this.#artifacts = artifacts;
    this.#tables = new Set(planned.filter(({ step }) => usesTables(step)).map(({ step }) => step.id));
    this.#begun = new Set(planned.flatMap(({ verdict, step }) => (verdict === "reuse" ? [step.id] : [])));
  }

  begun({ id }: Step): void {
    this.#begun.add(id);
  }

  /**
   * What the next steps will want, `count` of them at most: those that wait for none that has not begun, and with two `rounds` those that
   * wait for these. A process for a later one would take time from those that work.
   */
  next(count: number, rounds: 1 | 2): Kind[] {
    const soon = new Set(this.#begun);
    const steps: Step[] = [];
    for (let round = 0; round < rounds && steps.length < count; round++) {
      const able = this.#planned.flatMap(({ step }) =>
        !soon.has(step.id) && this.#before.get(step.id)!.every((id) => soon.has(id)) ? [step] : [],
      );
      for (const { id } of able) soon.add(id);
      steps.push(...able);
    }
    return steps
      .filter(({ config }) => config.memory === null)
      .slice(0, count)
      .map((step) => this.#kindOf(step));
  }

  #kindOf(step: Step): Kind {
    return { tables: this.#tables.has(step.id) || step.edges.some((edge) => this.#givesTable(edge)), outside: step.outside };
  }

  /** Before it has run, what a step that makes tables exports is likely one. */
  #givesTable({ from, exports }: Edge): boolean {
    const known = this.#artifacts.get(from);
    return known ? exports.some((name) => known[name]?.codec === "table") : this.#tables.has(from);
  }
}
