import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { StepOutcome } from "../events.ts";
import type { Digest, RunInfo, StepRecord } from "../model.ts";
import { digestOf } from "../store/digest.ts";
import { encodeJson } from "./outbox.ts";
import { sealOf } from "./seal.ts";
import { stateFolder } from "./state.ts";

/** A record as it lies beside the state, so that a damaged state can be made anew. */
export interface Manifest {
  readonly info: RunInfo;
  readonly params: Readonly<Record<string, string>>;
  readonly outcome: StepOutcome;
  readonly record: StepRecord;
}

/** `.stepbook/records/`: one file a record, named by its seal. */
export function manifestFolder(project: string): string {
  return path.join(stateFolder(project), "records");
}

export function sealOfRecord(record: StepRecord): Digest {
  return sealOf(record.run, record.step, record.name, record.fingerprint, encodeJson(record));
}

/**
 * Written when the record is committed, and not waited for: it is of use only where the state is damaged, and one that a
 * power cut left half is known by its seal.
 */
export function writeManifest(project: string, manifest: Manifest): void {
  const folder = manifestFolder(project);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { record, ...rest } = manifest;
  writeFileSync(path.join(folder, `${sealOfRecord(record)}.json`), encodeJson({ ...rest, sum: sumOf(rest), record }), { mode: 0o600 });
}

/** Of what the record's seal does not hold. */
function sumOf({ info, params, outcome }: Omit<Manifest, "record">): Digest {
  return digestOf(encodeJson({ info, params, outcome }));
}

/** All that are whole, in the order in which they were committed, and how many are not. */
export function readManifests(project: string): { manifests: Manifest[]; damaged: number } {
  const names = namesIn(manifestFolder(project));
  const manifests = names.map((name) => readManifest(path.join(manifestFolder(project), name), path.parse(name).name)).filter((each) => each !== undefined);
  manifests.sort((a, b) => (a.record.finishedAt < b.record.finishedAt ? -1 : 1));
  return { manifests, damaged: names.length - manifests.length };
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

function readManifest(file: string, seal: string): Manifest | undefined {
  try {
    const { info, params, outcome, record, sum } = JSON.parse(readFileSync(file, "utf8")) as Manifest & { readonly sum?: Digest };
    const manifest = { info, params, outcome, record };
    // The first ones had no sum.
    return sealOfRecord(record) === seal && info.id === record.run && outcome.step === record.step && (sum === undefined || sum === sumOf(manifest)) ? manifest : undefined;
  } catch {
    return undefined;
  }
}
