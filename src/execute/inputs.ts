import { fail } from "../errors.ts";
import { type MutationGuard, mutationGuard } from "../store/freeze.ts";
import { loadArtifact } from "../step/inputs.ts";
import type { StoredInput } from "./protocol.ts";

/** The exports of other steps that a step imports, read-only. */
export class Inputs {
  readonly #values = new Map<string, unknown>();
  readonly #guards: MutationGuard[] = [];

  constructor(stored: Readonly<Record<string, StoredInput>>) {
    for (const [label, { artifact, file }] of Object.entries(stored)) {
      const value = loadArtifact(artifact, file, label);
      this.#values.set(label, value);
      this.#guards.push(mutationGuard(value, label));
    }
  }

  get(label: string): unknown {
    if (this.#values.has(label)) return this.#values.get(label);
    return fail("E_MISSING_EXPORT", `${label} was not exported when its step ran`, { remedy: "export it at the top level of that step" });
  }

  /**
   * Typed arrays cannot be frozen; that they were left alone is checked at the end.
   * @throws E_INPUT_MUTATED
   */
  assertUnchanged(step: string): void {
    const changed = this.#guards.map((guard) => guard.changed()).find((path) => path !== undefined);
    if (changed === undefined) return;
    fail("E_INPUT_MUTATED", `${step} changed its input: \`${changed}\` is an output of another step`, {
      remedy: "inputs are read-only: copy it first, such as with .slice()",
    });
  }
}
