import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { readArtifact } from "../store/artifacts.ts";
import { publish } from "../store/durable.ts";
import { encodeModel } from "../store/model-file.ts";
import type { Store } from "../store/store.ts";
import { latestModel, type ModelRow, recordById } from "./records.ts";
import { type Db, stateFolder } from "./state.ts";

/** A model version that is in `models/` now. */
export interface PublishedModel {
  readonly name: string;
  readonly version: number;
  /** Relative to the project. */
  readonly path: string;
  /** The run that made it. */
  readonly run: string;
}

export function modelPath(name: string, version: number): string {
  return `models/${name}/v${version}.json`;
}

/** The highest version of a model whose file lies in `models/`, whoever wrote it; 0: none. */
export function highestPublished(project: string, name: string): number {
  const folder = path.join(project, "models", name);
  const files = existsSync(folder) ? readdirSync(folder) : [];
  return Math.max(0, ...files.map((file) => Number(/^v(\d+)\.json$/.exec(file)?.[1] ?? 0)));
}

/** Writes the newest version of each model into `models/` where it is not there. Can be repeated. */
export function publishModels(db: Db, store: Store, project: string, names: readonly string[]): PublishedModel[] {
  return names.flatMap((name) => {
    const row = latestModel(db, name);
    if (!row) return [];
    const relative = modelPath(name, row.version);
    if (!existsSync(path.join(project, relative))) write(db, store, project, row, relative);
    return [{ name, version: row.version, path: relative, run: row.body.run }];
  });
}

function write(db: Db, store: Store, project: string, { name, version, record, body }: ModelRow, relative: string): void {
  const made = recordById(db, record);
  const provenance = {
    run: body.run,
    step: body.step,
    createdAt: body.createdAt,
    fingerprint: made?.fingerprint ?? null,
    code: made?.parts.code ?? null,
    inputs: made?.parts.inputs ?? {},
    params: Object.fromEntries((made?.reads ?? []).filter(({ kind }) => kind === "param").map((read) => [read.name, read.shown ?? null])),
  };
  // Its bytes may have been removed from the store by hand: then there is nothing to write it from.
  if (!existsSync(store.path(body.parts)) || !existsSync(store.path(body.card))) return;
  const card = readArtifact(body.card, store.path(body.card), "card") as Record<string, unknown>;
  const parts = readArtifact(body.parts, store.path(body.parts), "parts");
  const staging = path.join(stateFolder(project), "staging");
  mkdirSync(staging, { recursive: true });
  mkdirSync(path.dirname(path.join(project, relative)), { recursive: true });
  const staged = path.join(staging, `${name}.v${version}.${process.pid}.json`);
  writeFileSync(staged, encodeModel({ name, version, card, provenance, parts }));
  publish(staged, path.join(project, relative));
}
