import { existsSync, readdirSync, readFileSync, renameSync } from "node:fs";
import path from "node:path";
import type { StepRecord } from "../model.ts";
import { syncFolder } from "../store/durable.ts";
import { decodeModel } from "../store/model-file.ts";
import { type Manifest, readManifests } from "./manifests.ts";
import { highestPublished, modelPath } from "./publish.ts";
import { latestModel, putBack, putModel } from "./records.ts";
import { finishRun, insertRun } from "./runs.ts";
import { openState, stateFolder } from "./state.ts";

interface Rebuilt {
  /** Where the damaged file lies now, relative to the project. */
  readonly moved: string;
  readonly records: number;
  readonly runs: number;
  readonly models: number;
  /** Manifests that were no use. */
  readonly damaged: number;
}

/**
 * Moves the state away and makes a new one from the manifests of the records: what was reusable is again, rows are
 * delivered once more (each replaces itself), models get the versions that their files in `models/` have.
 */
export function rebuildState(project: string, now: Date): Rebuilt {
  const moved = moveAway(project, now);
  const { manifests, damaged } = readManifests(project);
  const db = openState(project);
  try {
    const published = publishedModels(project);
    const models = db.transaction(() => {
      for (const { info, params } of new Map(manifests.map((each) => [each.info.id, each])).values()) {
        insertRun(db, info, params);
        // How it ended is not told by its records.
        finishRun(db, info.id, "interrupted", now.toISOString());
      }
      const ids = new Map<string, [number, StepRecord]>();
      for (const { record, outcome } of manifests) ids.set(`${record.run} ${record.step}`, [putBack(db, record, outcome), record]);
      for (const [key, name, version] of published) {
        const [id, record] = ids.get(key) ?? [];
        if (record) putModel(db, record, id!, name, version);
      }
      for (const [id, record] of ids.values()) {
        for (const name of owedModels(record, published))
          putModel(db, record, id, name, Math.max(latestModel(db, name)?.version ?? 0, highestPublished(project, name)) + 1);
      }
      return db.prepare("SELECT count(*) FROM models").pluck().get() as number;
    })();
    return { moved, records: manifests.length, runs: new Set(manifests.map(runOf)).size, models, damaged };
  } finally {
    db.close();
  }
}

function runOf({ info }: Manifest): string {
  return info.id;
}

/** Models whose files are not in `models/`: they get the next version. */
function owedModels(record: StepRecord, published: readonly Published[]): string[] {
  const names = record.effects.flatMap((effect) => (effect.kind === "model" ? [effect.name] : []));
  return names.filter((name) => !published.some(([key, model]) => key === `${record.run} ${record.step}` && model === name));
}

type Published = readonly [key: string, name: string, version: number];

/** Which step of which run made the versions that lie in `models/`. */
function publishedModels(project: string): Published[] {
  const folder = path.join(project, "models");
  const names = existsSync(folder) ? readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory()) : [];
  return names.flatMap(({ name }) =>
    Array.from({ length: highestPublished(project, name) }, (_, i) => i + 1).flatMap((version): Published[] => {
      try {
        const { run, step } = decodeModel(readFileSync(path.join(project, modelPath(name, version))), name).provenance;
        return [[`${String(run)} ${String(step)}`, name, version]];
      } catch {
        return []; // gone, or no model: nothing is known of it
      }
    }),
  );
}

/** The file and its log, under a name that says when. */
function moveAway(project: string, now: Date): string {
  const name = `state.damaged-${now.toISOString().replace(/[-:]|\.\d+/g, "")}.db`;
  const folder = stateFolder(project);
  for (const tail of ["", "-wal", "-shm"])
    if (existsSync(path.join(folder, `state.db${tail}`))) renameSync(path.join(folder, `state.db${tail}`), path.join(folder, name + tail));
  syncFolder(folder);
  return path.relative(project, path.join(folder, name));
}
