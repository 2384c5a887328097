import type { StepOutcome } from "../events.ts";
import { toJson } from "../json.ts";
import type { Artifact, Digest, Effect, StepRecord } from "../model.ts";
import { sabotaged } from "../sabotage.ts";
import { putRow, putTable } from "./outbox.ts";
import { putRunStep } from "./runs.ts";
import { isSound, type SealedRow, sealedColumns, sealOf } from "./seal.ts";
import { type Db, parseKept, prepared } from "./state.ts";

/** A record with its place in the database. */
export interface KeptRecord extends StepRecord {
  readonly id: number;
}

/** A model version as it is kept; its file in `models/` is written from this. */
export interface ModelRow {
  readonly name: string;
  readonly version: number;
  readonly record: number;
  readonly body: ModelBody;
}

interface ModelBody {
  readonly parts: Artifact;
  readonly card: Artifact;
  readonly step: string;
  readonly run: string;
  readonly createdAt: string;
}

/** The highest version of a model that lies in `models/`; 0: none. It may be older than this state. */
export type Published = (name: string) => number;

/**
 * The one transaction that makes a step's result real: record, outbox, models and the
 * run's line about the step.
 */
export function commitRecord(db: Db, record: StepRecord, outcome: StepOutcome, published: Published): number {
  SABOTAGE: if (sabotaged("outbox-outside-transaction")) return commitInPieces(db, record, outcome, published);
  return db.transaction(() => {
    const id = insertRecord(db, record);
    for (const effect of record.effects) applyEffect(db, record, id, effect, published);
    putRunStep(db, record.run, outcome, id, null);
    return id;
  })();
}

/** As no commit may be. */
function commitInPieces(db: Db, record: StepRecord, outcome: StepOutcome, published: Published): number {
  const id = insertRecord(db, record);
  putRunStep(db, record.run, outcome, id, null);
  for (const effect of record.effects) applyEffect(db, record, id, effect, published);
  return id;
}

/**
 * Makes the models of a reused record the newest versions again, where the same step has saved others
 * since: after an edit and its undoing, what is loaded is what a clean run would save.
 * @returns names of the models of which there is a new version
 */
export function renewModels(db: Db, record: KeptRecord, published: Published): string[] {
  if (!record.effects.some(({ kind }) => kind === "model")) return [];
  return db.transaction(() => {
    const outdated = outdatedModels(db, record);
    for (const effect of outdated) applyEffect(db, record, record.id, effect, published);
    return outdated.map(({ name }) => name);
  })();
}

type ModelEffect = Extract<Effect, { kind: "model" }>;

/** Models of which the same step has saved another version since. */
function outdatedModels(db: Db, { name, effects }: KeptRecord): ModelEffect[] {
  const models = effects.filter((effect) => effect.kind === "model");
  return models.filter((effect) => {
    const latest = latestModel(db, effect.name);
    // Of a model that several steps save, each would take it back from the other in every run.
    return latest !== undefined && !isVersion(latest, effect) && recordById(db, latest.record)?.name === name;
  });
}

function isVersion({ body }: ModelRow, { artifact, card }: ModelEffect): boolean {
  return body.parts.digest === artifact.digest && body.card.digest === card.digest;
}

function insertRecord(db: Db, record: StepRecord): number {
  const columns = [record.run, record.step, record.name, record.fingerprint, toJson(record)] as const;
  const { lastInsertRowid } = prepared(db, "INSERT INTO records (run, step, name, fingerprint, body, seal) VALUES (?, ?, ?, ?, ?, ?)").run(
    ...columns,
    sealOf(...columns),
  );
  return Number(lastInsertRowid);
}

function applyEffect(db: Db, record: StepRecord, id: number, effect: Effect, published: Published): void {
  if (effect.kind === "record") {
    putRow(db, record, effect.table, effect.row);
    return;
  }
  if (effect.kind === "table") return putTable(db, record, effect.table, effect.artifact);
  const latest = latestModel(db, effect.name);
  if (latest && isVersion(latest, effect)) return;
  insertModel(db, record, id, effect, Math.max(latest?.version ?? 0, published(effect.name)) + 1);
}

function insertModel(db: Db, record: StepRecord, id: number, effect: ModelEffect, version: number): void {
  const body: ModelBody = { parts: effect.artifact, card: effect.card, step: record.step, run: record.run, createdAt: record.finishedAt };
  db.prepare("INSERT OR IGNORE INTO models (name, version, record, body) VALUES (?, ?, ?, ?)").run(
    effect.name,
    version,
    id,
    JSON.stringify(body),
  );
}

/** Puts a record that was committed once into a state that is made anew; its models follow, in their versions. */
export function putBack(db: Db, record: StepRecord, outcome: StepOutcome): number {
  const id = insertRecord(db, record);
  for (const effect of record.effects) if (effect.kind !== "model") applyEffect(db, record, id, effect, () => 0);
  putRunStep(db, record.run, outcome, id, null);
  return id;
}

/** A version of a model that the record made. */
export function putModel(db: Db, record: StepRecord, id: number, name: string, version: number): void {
  for (const effect of record.effects) if (effect.kind === "model" && effect.name === name) insertModel(db, record, id, effect, version);
}

/** Finds records. Each is read once: a record never changes. One that is damaged is none. */
export interface RecordReader {
  /** Those of a step with this fingerprint, newest first. */
  recordsFor(name: string, fingerprint: Digest): Iterable<KeptRecord>;
  /** The newest one of a step, whatever its fingerprint. */
  latestRecord(name: string): KeptRecord | undefined;
  /** Names of the record's models that become the newest versions again where it is reused. */
  outdatedModels(record: KeptRecord): string[];
}

/** Looked up in all: a sweep leaves one for each value of a param. */
const most = 300;
/** Looked up at a time: mostly the first one stands. */
const atOnce = 20;

export function readRecords(db: Db): RecordReader {
  const known = new Map<number, KeptRecord>();
  const byId = (id: number) => {
    const record = known.get(id) ?? recordById(db, id);
    if (record) known.set(id, record);
    return record;
  };
  return {
    *recordsFor(name, fingerprint) {
      let below = Number.MAX_SAFE_INTEGER;
      for (let looked = 0; looked < most; looked += atOnce) {
        const select = prepared(db, "SELECT id FROM records WHERE name = ? AND fingerprint = ? AND id < ? ORDER BY id DESC LIMIT ?");
        const same = select.all(name, fingerprint, below, atOnce) as { id: number }[];
        for (const { id } of same) {
          const record = byId(id);
          // An index may be damaged where the row is not.
          if (record?.name === name && record.fingerprint === fingerprint) yield record;
        }
        if (same.length < atOnce) return;
        below = same.at(-1)!.id;
      }
    },
    latestRecord: (name) => newest(db, name, byId),
    outdatedModels: (record) => outdatedModels(db, record).map(({ name }) => name),
  };
}

/** The newest record of a step, whatever its fingerprint. */
export function latestRecord(db: Db, name: string): KeptRecord | undefined {
  return newest(db, name, (id) => recordById(db, id));
}

function newest(db: Db, name: string, byId: (id: number) => KeptRecord | undefined): KeptRecord | undefined {
  for (let below = Number.MAX_SAFE_INTEGER; ;) {
    const { id } = prepared(db, "SELECT max(id) AS id FROM records WHERE name = ? AND id < ?").get(name, below) as { id: number | null };
    if (id === null) return undefined;
    const record = byId(id);
    if (record?.name === name) return record;
    below = id;
  }
}

export function recordById(db: Db, id: number): KeptRecord | undefined {
  const row = prepared(db, `SELECT ${sealedColumns} FROM records WHERE id = ?`).get(id) as SealedRow | undefined;
  return row && isSound(db, row) ? toRecord(row) : undefined;
}

function toRecord({ id, body }: SealedRow): KeptRecord {
  return { ...(JSON.parse(body) as StepRecord), id };
}

export function latestModel(db: Db, name: string): ModelRow | undefined {
  const row = db.prepare("SELECT * FROM models WHERE name = ? ORDER BY version DESC LIMIT 1").get(name);
  return row === undefined ? undefined : toModel(row);
}

export function modelNames(db: Db): string[] {
  return db.prepare("SELECT DISTINCT name FROM models ORDER BY name").pluck().all() as string[];
}

export function listModels(db: Db): ModelRow[] {
  return db.prepare("SELECT * FROM models ORDER BY name, version DESC").all().map(toModel);
}

function toModel(row: unknown): ModelRow {
  const raw = row as { name: string; version: number; record: number; body: string };
  return { ...raw, body: parseKept<ModelBody>(raw.body) };
}
