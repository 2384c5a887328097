import { existsSync } from "node:fs";
import path from "node:path";
import type { Emit } from "../events.ts";
import { deliverEmbedded } from "../record/deliver.ts";
import { publishModels } from "../record/publish.ts";
import { modelNames } from "../record/records.ts";
import type { Db } from "../record/state.ts";
import { sabotaged } from "../sabotage.ts";
import type { Store } from "../store/store.ts";

/** What an earlier run committed and could no longer publish is published now. */
export async function settleOwed({ db, store, project }: { db: Db; store: Store; project: string }, run: string, emit: Emit): Promise<void> {
  SABOTAGE: if (sabotaged("resume-forgets")) return;
  await publishModels(db, store, project, modelNames(db));
  if (!existsSync(path.join(project, "experiments.sql"))) return;
  for (const message of deliverEmbedded(db, project)) emit({ type: "run.warned", run, message });
}
