import { existsSync } from "node:fs";
import path from "node:path";
import { damagedState } from "../../errors.ts";
import { lockOwner } from "../../record/lock.ts";
import { readHistory } from "../../record/retention.ts";
import { type Damaged, damagedRecords } from "../../record/seal.ts";
import { type Db, openState, stateFolder } from "../../record/state.ts";
import { countOf, formatBytes, formatDate } from "../../report/format.ts";
import { FileHasher } from "../../store/files.ts";
import { Store } from "../../store/store.ts";
import { listObjects, sum } from "../../store/sweep.ts";
import { type Check, guarded, ok, warning, wrong } from "./check.ts";

/** Everything in `.stepbook/`. */
export async function checkKept(project: string): Promise<Check[]> {
  if (!existsSync(path.join(stateFolder(project), "state.db"))) return [ok("state", "nothing has run here yet")];
  return guarded("state", damagedState, async () => {
    const db = openState(project);
    try {
      // In one list: where the database is damaged, the others would be wrong too.
      return [checkIntegrity(db), checkLock(db), ...(await checkStore(project, db))];
    } finally {
      db.close();
    }
  });
}

function checkIntegrity(db: Db): Check {
  const found = db.pragma("integrity_check") as { integrity_check: string }[];
  const [first] = found;
  const sound = found.length === 1 && first?.integrity_check === "ok";
  const [damaged, ...more] = sound ? findDamaged(db) : [];
  if (damaged)
    return warning(
      "state",
      `record ${damaged.id}, of ${damaged.name}, is damaged${more.length > 0 ? `, and ${more.length} more` : ""}: not used`,
      "run again: what is needed is computed anew",
    );
  if (sound) return ok("state", "state.db is sound");
  return wrong("state", `state.db is damaged: ${first?.integrity_check ?? "unknown"}`, damagedState);
}

function findDamaged(db: Db): Damaged[] {
  readHistory(db);
  return damagedRecords(db);
}

function checkLock(db: Db): Check {
  const owner = lockOwner(db);
  if (!owner) return ok("lock", "no runner works here");
  return warning(
    "lock",
    `a runner works here: pid ${owner.pid}, since ${formatDate(owner.since)}`,
    `wait for it, or end it with kill ${owner.pid}`,
  );
}

/** Hashes every stored file anew, whatever is remembered of it, and looks for those that are gone. */
async function checkStore(project: string, db: Db): Promise<Check[]> {
  const hasher = new FileHasher({ get: () => undefined, set: () => {} });
  const store = new Store(path.join(stateFolder(project), "store"), hasher);
  const objects = listObjects(store.folder);
  const damaged: string[] = [];
  for (const { path: file } of objects) {
    if ((await hasher.hash(file))?.digest !== path.parse(file).name) damaged.push(path.relative(project, file));
  }
  const needed = [...readHistory(db).records.values()].flatMap(({ artifacts }) => artifacts.map((artifact) => store.path(artifact)));
  const missing = [...new Set(needed)].filter((file) => !existsSync(file)).map((file) => path.relative(project, file));
  const found = [
    ...report("damaged", damaged, "run again: what is damaged is seen and computed anew"),
    ...report("gone", missing, "run again: what is needed is computed anew"),
  ];
  return found.length > 0 ? found : [ok("store", `${countOf(objects.length, "file")}, ${formatBytes(sum(objects))}, all intact`)];
}

function report(what: string, files: readonly string[], remedy: string): Check[] {
  const [first] = files;
  if (first === undefined) return [];
  const detail = `${countOf(files.length, "stored file")} ${what}: ${first}${files.length > 1 ? ", …" : ""}`;
  return [what === "gone" ? warning("store", detail, remedy) : wrong("store", detail, remedy)];
}
