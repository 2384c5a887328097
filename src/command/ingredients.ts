import type { Digest, FingerprintParts, Opaque, Read, ReadKind, Step } from "../model.ts";
import type { Knowledge } from "../plan/decide.ts";
import type { KeptRecord } from "../record/records.ts";
import type { Health } from "../store/store.ts";

/** One thing that a result depends on: then, in the record, and now. `changed` null: not known before a run. */
export interface Compared {
  readonly name: string;
  readonly then: string | null;
  readonly now: string | null;
  readonly changed: boolean | null;
}

/** All that a step's result depends on, each beside what it was in a record. */
export interface Ingredients {
  readonly code: Compared;
  readonly files: readonly Compared[];
  readonly declarations: readonly Compared[];
  readonly engine: Compared;
  readonly packages: readonly Compared[];
  readonly inputs: readonly Compared[];
  readonly reads: readonly (Compared & { readonly kind: ReadKind })[];
  readonly outputs: readonly Compared[];
  readonly opaque: readonly Opaque[];
  readonly artifacts: readonly { readonly name: string; readonly digest: Digest; readonly health: Health }[];
}

/** The fingerprint's ingredients of now; an input is null where its step runs first. */
export type PartsNow = Omit<FingerprintParts, "inputs"> & { readonly inputs: Readonly<Record<string, Digest | null>> };

export async function compareIngredients(
  step: Step,
  parts: PartsNow,
  record: KeptRecord | undefined,
  known: Knowledge,
): Promise<Ingredients> {
  const before = record?.parts;
  return {
    code: compared("code", before?.code ?? null, parts.code),
    files: compareAll(before?.sources, parts.sources),
    declarations: compareAll(before?.declarations, parts.declarations),
    engine: compared("engine", before?.engine ?? null, parts.engine),
    packages: compareAll(before?.packages, parts.packages),
    inputs: compareInputs(before?.inputs, parts.inputs),
    reads: await Promise.all((record?.reads ?? []).map((read) => compareRead(step, read, known))),
    outputs: await Promise.all(
      (record?.written ?? []).map(async (file) => compared(file.path, file.digest, await known.world.output(file))),
    ),
    opaque: record?.opaque ?? [],
    artifacts: await Promise.all(
      Object.entries(record?.artifacts ?? {}).map(async ([name, artifact]) => ({
        name,
        digest: artifact.digest,
        health: await known.store.health(artifact),
      })),
    ),
  };
}

function compared(name: string, then: string | null, now: string | null): Compared {
  return { name, then, now, changed: then !== now };
}

/** Names of either side, sorted; those of now before those that are gone. */
export function compareAll(then: Readonly<Record<string, string>> = {}, now: Readonly<Record<string, string>>): Compared[] {
  const gone = Object.keys(then).filter((name) => !Object.hasOwn(now, name));
  return [...Object.keys(now).sort(), ...gone.sort()].map((name) => compared(name, own(then, name), own(now, name)));
}

function own(all: Readonly<Record<string, string>>, name: string): string | null {
  return Object.hasOwn(all, name) ? all[name]! : null;
}

/** What differs in two lists of versions: `node-20 → node-22`. */
export function changedWords(then: string, now: string): string[] {
  const [before, after] = [then.split(" "), now.split(" ")];
  return after.flatMap((word, index) => (word === before[index] ? [] : [`${before[index] ?? "none"} → ${word}`]));
}

function compareInputs(then: FingerprintParts["inputs"] | undefined, now: PartsNow["inputs"]): Compared[] {
  const known = Object.fromEntries(Object.entries(now).filter((entry): entry is [string, Digest] => entry[1] !== null));
  const open = Object.keys(now).filter((name) => now[name] === null);
  const all = compareAll(then, known).filter(({ name }) => !open.includes(name));
  const unknown = open.map((name): Compared => ({ name, then: (then && own(then, name)) ?? null, now: null, changed: null }));
  return [...all, ...unknown].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Params by their values, all else by digest: the values of environment variables are not kept. */
async function compareRead(step: Step, read: Read, known: Knowledge): Promise<Compared & { kind: ReadKind }> {
  const { kind, name } = read;
  const digest = await known.world.digest(read);
  const changed = kind === "run" || digest !== read.digest;
  if (kind !== "param") return { kind, name, then: read.digest, now: digest, changed };
  const fallback = step.params.find((use) => use.name === name)?.default;
  const given = known.world.given(name) ?? (fallback === undefined ? null : JSON.stringify(fallback));
  return { kind, name, then: read.shown ?? null, now: changed ? given : (read.shown ?? null), changed };
}
