import { existsSync, mkdirSync, readdirSync } from "node:fs";
import path from "node:path";
import { openSource } from "../store/artifacts.ts";
import { publish, writePieces } from "../store/durable.ts";
import { modelText } from "../store/model-file.ts";
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
export async function publishModels(db: Db, store: Store, project: string, names: readonly string[]): Promise<PublishedModel[]> {
  const published: PublishedModel[] = [];
  for (const name of names) {
    const row = latestModel(db, name);
    if (!row) continue;
    const relative = modelPath(name, row.version);
    if (!existsSync(path.join(project, relative))) await write(db, store, project, row, relative);
    published.push({ name, version: row.version, path: relative, run: row.body.run });
  }
  return published;
}

let written = 0;

async function write(db: Db, store: Store, project: string, { name, version, record, body }: ModelRow, relative: string): Promise<void> {
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
  // Its bytes may have been removed from the store or damaged: then there is nothing to write it from, and its step runs again.
  for (const each of [body.parts, body.card]) if ((await store.health(each)) !== "intact") return;
  const staging = path.join(stateFolder(project), "staging");
  mkdirSync(staging, { recursive: true });
  mkdirSync(path.dirname(path.join(project, relative)), { recursive: true });
  const staged = path.join(staging, `${name}.v${version}.${process.pid}.${++written}.json`);
  const [card, parts] = [openSource(store.path(body.card), "card"), openSource(store.path(body.parts), "parts")];
  try {
    await writePieces(staged, modelText({ name, version, provenance, card, parts }));
  } finally {
    card.close();
    parts.close();
  }
  publish(staged, path.join(project, relative));
}
