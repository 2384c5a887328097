import type { Known } from "../graph/kept.ts";
import type { Artifact, Digest, Graph } from "../model.ts";
import type { KeptRecord } from "../record/records.ts";
import type { DigestCache } from "../store/files.ts";
import type { Store } from "../store/store.ts";
import { groundOf } from "./ground.ts";
import type { KeptPlan } from "./kept-plan.ts";
import { placeKey } from "./place.ts";
import type { World } from "./reads.ts";

/** A step and its record, as they were decided. */
interface Stood {
  readonly step: { readonly id: string; readonly packages: readonly string[]; readonly config: { readonly maxAge: number | null } };
  readonly record: KeptRecord;
}

/** What a plan is kept from. */
interface PlanParts {
  readonly key: string;
  readonly graph: Graph;
  readonly known: Known;
  readonly digests: DigestCache;
  readonly store: Store;
  readonly world: World;
  readonly secrets: readonly string[];
  readonly stood: readonly Stood[];
}

/**
 * What a plan that reuses all steps stood on.
 * @returns undefined where it may differ later with nothing changed, or where a source or an artifact is so young that a change to it
 * may not show
 */
export function makeKeptPlan({
  key,
  graph,
  known,
  digests,
  store,
  world,
  secrets,
  stood,
}: PlanParts): Omit<KeptPlan, "newest"> | undefined {
  const sources = groundOf(graph.project, known);
  if (!sources || stood.some(mayDiffer)) return undefined;
  const files = new Map<string, string>();
  /** Whether the file's content is known by its signature. */
  const sign = (file: string, digest: Digest | null): boolean => {
    const kept = digests.get(file);
    if (digest === null || kept?.digest !== digest) return false;
    files.set(file, kept.signature);
    return true;
  };
  const records = stood.map(({ record }) => record);
  const artifacts = records.flatMap(({ artifacts, displays }): Artifact[] => [...Object.values(artifacts), ...displays]);
  if (!artifacts.every((artifact) => sign(store.path(artifact), artifact.digest))) return undefined;
  const reads = distinct(records.flatMap(({ reads }) => reads)).filter(
    (read) => read.kind !== "file" || !sign(world.absolute(read.name), read.digest),
  );
  const outputs = distinct(records.flatMap(({ written }) => written)).filter(({ path, digest }) => !sign(world.absolute(path), digest));
  return {
    key,
    place: digests.get(placeKey) ?? null,
    sources,
    files: [...files],
    reads,
    outputs,
    packages: stood
      .filter(({ step }) => step.packages.length > 0)
      .map(({ step, record }) => [step.id, step.packages, record.parts.packages]),
    secrets,
    steps: stood.map(({ step, record }) => ({ step: step.id, record: record.id, run: record.run, ms: record.ms })),
  };
}

/** Whether the record may not stand later with nothing changed that a kept plan looks at. */
function mayDiffer({ step: { config }, record: { effects, written } }: Stood): boolean {
  return config.maxAge !== null || effects.length > 0 || written.some(({ beside }) => beside !== undefined);
}

function distinct<T>(all: readonly T[]): T[] {
  return [...new Map(all.map((each) => [JSON.stringify(each), each])).values()];
}
