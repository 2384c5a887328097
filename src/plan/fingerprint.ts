import type { Digest, FingerprintParts, Step } from "../model.ts";
import { sabotaged } from "../sabotage.ts";
import { digestOf } from "../store/digest.ts";

export interface Fingerprint {
  readonly digest: Digest;
  /** What it is the hash of. */
  readonly parts: FingerprintParts;
}

/**
 * The hash of all that a step's result depends on and that is known before it runs. What it reads
 * while it runs is kept beside it in the record.
 * @param inputs `step.export` → digest of the artifact
 */
export function fingerprint(
  step: Step,
  packages: Readonly<Record<string, Digest>>,
  engine: string,
  inputs: Readonly<Record<string, Digest>>,
): Fingerprint {
  const sorted = Object.fromEntries(Object.entries(inputs).sort(([a], [b]) => (a < b ? -1 : 1)));
  let counted = sorted;
  SABOTAGE: if (sabotaged("lookup-ignores-inputs")) counted = {};
  const digest = digestOf(JSON.stringify([step.name, step.code.digest, step.config.threads, packages, engine, counted]));
  const parts = { code: step.code.digest, declarations: step.code.parts, sources: step.code.sources, packages, engine, inputs: sorted };
  return { digest, parts };
}
