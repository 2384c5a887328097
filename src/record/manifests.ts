import { appendFileSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import type { StepOutcome } from "../events.ts";
import { toJson } from "../json.ts";
import type { Digest, RunInfo, StepRecord } from "../model.ts";
import { digestOf } from "../store/digest.ts";
import { sealOf } from "./seal.ts";
import { stateFolder } from "./state.ts";

/** A record as it lies beside the state, so that a damaged state can be made anew. */
export interface Manifest {
  readonly info: RunInfo;
  readonly params: Readonly<Record<string, string>>;
  readonly outcome: StepOutcome;
  readonly record: StepRecord;
}

/** `.stepbook/records/`: a file for each run, a line for each record that it made. The first versions made a file for each record, named by its seal. */
export function manifestFolder(project: string): string {
  return path.join(stateFolder(project), "records");
}

/**
 * Written when the record is committed, and not waited for: it is of use only where the state is damaged, and one that a
 * power cut left half is known by its seal.
 */
export function writeManifest(project: string, { record, ...rest }: Manifest): void {
  const folder = manifestFolder(project);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const line = toJson({ seal: sealOfRecord(record), ...rest, sum: sumOf(rest), record });
  // It begins its line itself: the one before it may be half, where the disk was full.
  appendFileSync(path.join(folder, `${rest.info.id}.jsonl`), `\n${line}`, { mode: 0o600 });
}

function sealOfRecord(record: StepRecord): Digest {
  return sealOf(record.run, record.step, record.name, record.fingerprint, toJson(record));
}

/** Of what the record's seal does not hold. */
function sumOf({ info, params, outcome }: Omit<Manifest, "record">): Digest {
  return digestOf(toJson({ info, params, outcome }));
}

/** All that are whole, in the order in which they were committed, and how many are not. */
export function readManifests(project: string): { manifests: Manifest[]; damaged: number } {
  const written = namesIn(manifestFolder(project)).flatMap((name) => manifestsIn(path.join(manifestFolder(project), name)));
  const manifests = written.filter((each) => each !== undefined);
  manifests.sort((a, b) => (a.record.finishedAt < b.record.finishedAt ? -1 : 1));
  return { manifests, damaged: written.length - manifests.length };
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

/** @returns undefined for each that is no use */
function manifestsIn(file: string): (Manifest | undefined)[] {
  try {
    const text = readFileSync(file, "utf8");
    const { name, ext } = path.parse(file);
    if (ext === ".json") return [readManifest(text, name)];
    return text
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => readManifest(line));
  } catch {
    return [undefined];
  }
}

function readManifest(text: string, fileSeal?: Digest): Manifest | undefined {
  try {
    const {
      seal = fileSeal,
      info,
      params,
      outcome,
      record,
      sum,
    } = JSON.parse(text) as Manifest & { readonly seal?: Digest; readonly sum?: Digest };
    const manifest = { info, params, outcome, record };
    // The first ones had no sum.
    const whole = sum === undefined ? fileSeal !== undefined : sum === sumOf(manifest);
    return whole && sealOfRecord(record) === seal && info.id === record.run && outcome.step === record.step ? manifest : undefined;
  } catch {
    return undefined;
  }
}
