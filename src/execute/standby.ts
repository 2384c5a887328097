import { type Kind, ProcessPool } from "./pool.ts";
import { findRuntime } from "./runtime.ts";

/** A process that waits between the runs of a watch: the first step that a save changes has it at once. */
export class Standby {
  #pool: ProcessPool | undefined;

  async prepare(project: string, kind: Kind): Promise<void> {
    const { child } = await findRuntime();
    this.#pool ??= new ProcessPool(child, project);
    this.#pool.prepare([kind]);
  }

  /** What waits belongs to the run that takes it. */
  take(): ProcessPool | undefined {
    const pool = this.#pool;
    this.#pool = undefined;
    return pool;
  }

  close(): void {
    this.#pool?.close();
  }
}
