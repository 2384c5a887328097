import { existsSync } from "node:fs";
import path from "node:path";
import { type Failure, toFailure } from "../errors.ts";
import { deliverEmbedded } from "../record/deliver.ts";
import { readResultTables, type ResultTables } from "../record/experiments.ts";
import { type PublishedModel, publishModels } from "../record/publish.ts";
import { modelNames } from "../record/records.ts";
import type { Db } from "../record/state.ts";
import { sabotaged } from "../sabotage.ts";
import type { Store } from "../store/store.ts";
import type { RunContext } from "./context.ts";

/** From where and to where what was committed is published. */
interface Place {
  readonly db: Db;
  readonly store: Store;
  readonly project: string;
}

/** Tells of what is committed and could not be published. */
type Warn = (message: string) => void;

/** Models that an earlier run committed and could no longer publish are published now: before it is planned, since steps read them. */
export async function settleModels(place: Place, warn: Warn): Promise<void> {
  SABOTAGE: if (sabotaged("resume-forgets")) return;
  await publishSaved(place, modelNames(place.db), warn);
}

/** So are its rows. @throws E_EXPERIMENTS_SQL */
export function settleRows({ db, project }: Place, warn: Warn): void {
  SABOTAGE: if (sabotaged("resume-forgets")) return;
  if (existsSync(path.join(project, "experiments.sql"))) deliverRecorded(db, project, readResultTables(project), warn);
}

/** Writes committed models into `models/`. One that cannot be written waits for the next run: nothing else fails by it. */
export async function publishSaved({ db, store, project }: Place, names: readonly string[], warn: Warn): Promise<PublishedModel[]> {
  const published: PublishedModel[] = [];
  for (const name of names) {
    try {
      published.push(...(await publishModels(db, store, project, [name])));
    } catch (error) {
      warn(
        `the newest version of the model ${name} could not be written into models/ (${failureOf(error).message}): it is kept, and the next run writes it`,
      );
    }
  }
  return published;
}

/** A step that loads a model just after it was written must not take it for a file that changes under its eyes. */
export async function noteModels(
  { graph, hasher, writes }: Pick<RunContext, "graph" | "hasher" | "writes">,
  saved: readonly PublishedModel[],
): Promise<void> {
  if (!graph.steps.some(({ uses }) => uses.includes("loadModel"))) return;
  for (const { path: file } of saved)
    writes.set(file, { digest: (await hasher.hash(path.join(graph.project, file)))?.digest ?? null, at: Date.now() });
}

/** Delivers committed rows to the results tables. Where that cannot be done they wait for the next run: nothing else fails by it. */
export function deliverRecorded(
  db: Db,
  project: string,
  results: { readonly ddl: string; readonly tables: ResultTables },
  warn: Warn,
): void {
  try {
    for (const message of deliverEmbedded(db, project, results)) warn(message);
  } catch (error) {
    const { message, remedy } = failureOf(error);
    warn(`${message}: what was recorded is kept, and the next run delivers it${remedy === undefined ? "" : `; ${remedy}`}`);
  }
}

/** @throws what says that the state is damaged, which is not a matter of publishing */
function failureOf(error: unknown): Failure {
  const failure = toFailure(error);
  if (failure.code === "E_STATE_CORRUPT") throw error;
  return failure;
}
