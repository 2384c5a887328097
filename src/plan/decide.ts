import { readFileSync } from "node:fs";
import path from "node:path";
import ms from "ms";
import type { Artifact, Digest, Reason, Step, StepId } from "../model.ts";
import { pacer } from "../pace.ts";
import type { KeptRecord, RecordReader } from "../record/records.ts";
import { sabotaged } from "../sabotage.ts";
import type { Store } from "../store/store.ts";
import { strayIn } from "./emptied.ts";
import { type Fingerprint, fingerprint } from "./fingerprint.ts";
import type { PackageHasher } from "./packages.ts";
import type { World } from "./reads.ts";
import { explainFingerprint, explainRead, opaqueText, reason, unchanged } from "./reasons.ts";

/** What a decision looks at. */
export interface Knowledge extends RecordReader {
  readonly world: World;
  readonly packages: PackageHasher;
  readonly store: Store;
  /** All of the graph. */
  readonly steps: readonly Step[];
  /** Versions of everything of ours that a result depends on; slow to find the first time. */
  readonly engine: string;
  readonly now: Date;
  /** All steps run, or these do. */
  readonly force: boolean | ReadonlySet<StepId>;
  /** Whether a record of this step was found damaged, so that it does not count. */
  damaged(name: string): boolean;
}

export type Decision = {
  /** Made when it is first asked for: a step that runs for the first time need not wait for it. */
  readonly fingerprint: () => Fingerprint;
  readonly reason: Reason;
} & ({ readonly verdict: "run" } | { readonly verdict: "reuse"; readonly record: KeptRecord });

/** So many records that cannot be reused are looked at, those of other params aside. */
const mostDoubted = 20;

/**
 * Run or reuse, and why, for a step whose inputs are known.
 * Reuse needs the same fingerprint, the same things read, and every artifact there and intact; any
 * doubt is a miss.
 * @param inputs `step.export` → digest
 * @param before the newest record of the step, where that was looked up already
 */
export async function decide(
  step: Step,
  inputs: Readonly<Record<string, Digest>>,
  known: Knowledge,
  before = known.latestRecord(step.name),
): Promise<Decision> {
  const packages = await known.packages.closure(step.id, step.packages);
  let made: Fingerprint | undefined;
  const print = () => (made ??= fingerprint(step, packages, known.engine, inputs));
  const run = (why: Reason): Decision => ({ verdict: "run", fingerprint: print, reason: why });
  const always = alwaysRuns(step, known);
  if (always) return run(always);

  let firstDoubt: Reason | undefined;
  let others = 0;
  for (const record of before ? known.recordsFor(step.name, print().digest) : []) {
    const doubt = await doubtOf(step, record, known);
    if (!doubt) return { verdict: "reuse", fingerprint: print, record, reason: unchanged };
    firstDoubt ??= doubt;
    // A sweep leaves one for each value of a param, which a glance tells; of all else the newest are enough.
    if (doubt.code !== "param-changed" && ++others === mostDoubted) break;
  }
  if (firstDoubt) return run(firstDoubt);
  if (known.damaged(step.name)) return run(reason("record-damaged", "its kept record is damaged"));
  if (!before) return run(reason("first-run", "first run"));
  const sourceOf = (file: string) => readFileSync(path.join(known.world.project, file), "utf8");
  return run(explainFingerprint(before.parts, print().parts, sourceOf));
}

/** Why the step runs whatever its inputs are, or undefined. */
export function alwaysRuns(step: Step, { force }: Pick<Knowledge, "force">): Reason | undefined {
  if (force === true || (force !== false && force.has(step.id))) return reason("forced", "forced");
  if (step.uses.includes("record")) return reason("records", "records a result in every run");
  if (step.config.cache === false) return reason("cache-off", "its config says cache: false");
  return undefined;
}

/** Why the record cannot be reused, or undefined. Cheap questions first. */
async function doubtOf(step: Step, record: KeptRecord, known: Knowledge): Promise<Reason | undefined> {
  return (
    doubtOfAge(step, record, known) ??
    (await doubtOfReads(record, known)) ??
    (await doubtOfOutputs(record, known)) ??
    doubtOfEmptied(step, record, known) ??
    doubtOfAdded(step, record, known) ??
    (await doubtOfArtifacts(record, known))
  );
}

function doubtOfAge(step: Step, record: KeptRecord, { now }: Knowledge): Reason | undefined {
  // A package may have recorded, which the step's own code does not show.
  if (record.effects.some(({ kind }) => kind === "record")) return reason("records", "records a result in every run");
  if (record.racy) return reason("inputs-moved", "an input changed while it ran last time");
  const { maxAge, cache } = step.config;
  if (maxAge !== null) {
    const age = now.getTime() - Date.parse(record.finishedAt);
    // A negative age: the clock was set back, so it tells nothing.
    return age > maxAge || age < 0 ? reason("expired", `its result is ${ms(age)} old, maxAge is ${ms(maxAge)}`) : undefined;
  }
  const [opaque] = record.opaque;
  return opaque && cache !== true ? reason("opaque", opaqueText(opaque)) : undefined;
}

async function doubtOfReads(record: KeptRecord, { world }: Knowledge): Promise<Reason | undefined> {
  const pace = pacer();
  for (const read of record.reads) {
    await pace();
    SABOTAGE: if (sabotaged("reuse-ignores-files") && /^(?:file|stat|exists|folder|match)$/.test(read.kind)) continue;
    const now = await world.digest(read);
    if (now !== read.digest) return explainRead(read, now, world);
  }
  return undefined;
}

async function doubtOfOutputs(record: KeptRecord, { world }: Knowledge): Promise<Reason | undefined> {
  const pace = pacer();
  for (const written of record.written) {
    await pace();
    const now = await world.output(written);
    if (now !== written.digest) return reason("output-changed", `its output ${written.path} ${now === null ? "is gone" : "was changed"}`);
  }
  return undefined;
}

function doubtOfEmptied({ id, name }: Step, record: KeptRecord, known: Knowledge): Reason | undefined {
  const others = () => known.steps.flatMap((step) => (step.id === id ? [] : (known.latestRecord(step.name) ?? [])));
  const stray = strayIn(record, known.latestRecord(name) ?? record, others, (file) => known.world.absolute(file));
  return stray === undefined ? undefined : reason("output-changed", `${stray} lies in a folder that it empties`);
}

/** What a step added to a file is gone where a lower step has written that anew since, or removed it. */
function doubtOfAdded({ number }: Step, record: KeptRecord, known: Knowledge): Reason | undefined {
  const added = new Set(record.written.filter(({ appended }) => appended).map(({ path: file }) => file));
  if (added.size === 0) return undefined;
  for (const other of known.steps.filter((each) => each.number < number)) {
    const last = known.latestRecord(other.name);
    const file = last && last.id > record.id ? last.written.find((each) => !each.appended && added.has(each.path)) : undefined;
    if (file) return reason("output-changed", `${other.id} wrote ${file.path} anew, to which it adds`);
  }
  return undefined;
}

async function doubtOfArtifacts(record: KeptRecord, { store }: Knowledge): Promise<Reason | undefined> {
  const named = Object.entries(record.artifacts);
  const effects = record.effects.flatMap((effect): (readonly [string, Artifact])[] => {
    if (effect.kind === "record") return [];
    return effect.kind === "model"
      ? [
          ["model", effect.artifact],
          ["model", effect.card],
        ]
      : [["mirrored table", effect.artifact]];
  });
  for (const [name, artifact] of [...named, ...effects, ...record.displays.map((each) => ["display", each] as const)]) {
    const health = await store.health(artifact);
    if (health === "missing") return reason("artifact-missing", `the stored ${name} is gone`);
    if (health === "damaged") return reason("artifact-damaged", `the stored ${name} is damaged`);
  }
  return undefined;
}
