import type * as Pool from "../../src/execute/pool.ts";

/** The processes of the runs before, by all that they were started with: they wait for a step of the next run. */
const kept = new Map<string, Pool.StepProcess[]>();

/**
 * In the place of src/execute/pool.ts, where thousands of runs follow each other: processes that may take several steps
 * (`isolation: "shared"`) outlive the run. All else is the engine's: what runs in them, and whether one may have a successor.
 */
export function keptPool(real: typeof Pool): typeof Pool {
  class ProcessPool extends real.ProcessPool {
    readonly #cwd: string;

    constructor(program: string, cwd: string) {
      super(program, cwd);
      this.#cwd = cwd;
    }

    /** None is started ahead: the next one mostly is there. */
    override prepare(): boolean {
      return false;
    }

    override take(place: Pool.Wanted): Pool.StepProcess {
      const { memory, shared, tables } = place;
      const waiting = shared && memory === null ? kept.get(this.#key(tables)) : undefined;
      for (let each = waiting?.pop(); each !== undefined; each = waiting?.pop())
        if (each.child.exitCode === null && each.child.signalCode === null) return each;
      return super.take(place);
    }

    override giveBack(process: Pool.StepProcess): void {
      process.hear = () => {};
      const key = this.#key(process.tables);
      kept.set(key, [...(kept.get(key) ?? []), process]);
    }

    /** Processes have the environment of their start. */
    #key(tables: boolean): string {
      return JSON.stringify([this.#cwd, tables, Object.entries(process.env).filter(([name]) => name.startsWith("CHAOS_"))]);
    }
  }
  return { ...real, ProcessPool };
}

/** Ends those that wait, but for `most` of them. */
export function endKept(most = 0): void {
  const all = [...kept].flatMap(([key, list]) => list.map((each) => ({ key, each })));
  for (const { key, each } of all.slice(0, Math.max(0, all.length - most))) {
    each.child.kill("SIGKILL");
    kept.set(
      key,
      kept.get(key)!.filter((other) => other !== each),
    );
  }
}
