import { chmodSync, existsSync, mkdirSync, statSync } from "node:fs";
import path from "node:path";
import Database from "better-sqlite3";
import { damagedState, fail } from "../errors.ts";
import { sabotaged } from "../sabotage.ts";
import { migrations, schemaVersion } from "./schema.ts";
import { sealOf } from "./seal.ts";

export type Db = Database.Database;

/** Where the engine keeps everything of a project that is not the user's. */
export function stateFolder(project: string): string {
  return path.join(project, ".stepbook");
}

/**
 * Opens `.stepbook/state.db`, making it where it is not there.
 * @throws E_STATE_CORRUPT (the file is kept), E_STATE_NEWER, E_READ_ONLY
 */
export function openState(project: string): Db {
  const folder = stateFolder(project);
  const file = path.join(folder, "state.db");
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const fresh = !existsSync(file);
    if (!fresh) refuseEmptied(folder, file);
    const db = open(file);
    if (fresh) chmodSync(file, 0o600);
    return db;
  } catch (error) {
    return explainOpen(error, file);
  }
}

/** The statement, prepared once for each database. */
export function prepared(db: Db, sql: string): Database.Statement {
  let statements = statementsOf.get(db);
  if (!statements) statementsOf.set(db, (statements = new Map()));
  let statement = statements.get(sql);
  if (!statement) statements.set(sql, (statement = db.prepare(sql)));
  return statement;
}

const statementsOf = new WeakMap<Db, Map<string, Database.Statement>>();

/** Commits without waiting for the disk: the next commit that waits makes this one durable too. For what nobody relies on after a power cut. */
export function unsynced<T>(db: Db, work: () => T): T {
  const before = db.pragma("synchronous", { simple: true }) as number;
  db.pragma("synchronous = NORMAL");
  try {
    return work();
  } finally {
    db.pragma(`synchronous = ${before}`);
  }
}

/** JSON of a column. @throws E_STATE_CORRUPT: SQLite does not see what happens inside a value */
export function parseKept<T>(text: string): T {
  try {
    return JSON.parse(text) as T;
  } catch (error) {
    return fail("E_STATE_CORRUPT", `.stepbook/state.db is damaged (${(error as Error).message})`, { remedy: damagedState }, error);
  }
}

/** SQLite takes an emptied file for a new one: all that was kept would be forgotten without a word. */
function refuseEmptied(folder: string, file: string): void {
  const emptied = statSync(file).size === 0 && !existsSync(`${file}-wal`) && existsSync(path.join(folder, "store"));
  if (emptied) fail("E_STATE_CORRUPT", `${file} is empty, and the store beside it is not`, { remedy: damagedState });
}

function open(file: string): Db {
  const db = new Database(file, { timeout: 10_000 });
  try {
    db.pragma("journal_mode = WAL");
    // better-sqlite3's build re-opens WAL files with NORMAL, which loses commits at a power cut.
    db.pragma("synchronous = FULL");
    SABOTAGE: if (sabotaged("sqlite-normal")) db.pragma("synchronous = NORMAL");
    migrate(db, file);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

function migrate(db: Db, file: string): void {
  const version = () => db.pragma("user_version", { simple: true }) as number;
  if (version() === schemaVersion) return;
  if (version() > schemaVersion) {
    fail("E_STATE_NEWER", `${file} was written by a newer Stepbook (format ${version()}, this one knows ${schemaVersion})`, {
      remedy: "install that version again, or move the folder .stepbook away: results can be computed anew",
    });
  }
  db.function("seal", { deterministic: true }, (run, step, name, fingerprint, body) =>
    sealOf(String(run), String(step), String(name), String(fingerprint), String(body)),
  );
  db.transaction(() => {
    // Read again under the write lock: another process may have migrated meanwhile.
    for (const step of migrations.slice(version())) db.exec(step);
    db.pragma(`user_version = ${schemaVersion}`);
  }).immediate();
}

function explainOpen(error: unknown, file: string): never {
  const { code = "" } = error as { code?: string };
  if (/^SQLITE_(CORRUPT|NOTADB)/.test(code)) {
    return fail("E_STATE_CORRUPT", `${file} is damaged (${(error as Error).message})`, { remedy: damagedState }, error);
  }
  if (existsSync(file) && !statSync(file).isFile())
    return fail("E_STATE_CORRUPT", `${file} is not a file`, { remedy: damagedState }, error);
  if (/^(EACCES|EROFS|EPERM)$/.test(code) || /^SQLITE_(READONLY|CANTOPEN|PERM)/.test(code)) {
    return fail(
      "E_READ_ONLY",
      `cannot write ${file}`,
      { remedy: "Stepbook keeps its state in .stepbook/: make the project's folder writable for you" },
      error,
    );
  }
  explainInstall(error);
  if (/^(EEXIST|ENOENT|ENOTDIR)$/.test(code))
    return fail(
      "E_READ_ONLY",
      `${path.dirname(file)} is not a folder, and none can be made there`,
      { remedy: "move what lies there away, or mend the link" },
      error,
    );
  throw error;
}

/** Another Node than the one that was there at install, or an install without the package's script. @throws E_INSTALL where it is that */
export function explainInstall(error: unknown): void {
  const { code = "", message } = error as Error & { code?: string };
  const isAbsent = /^Could not locate the bindings file/.test(message);
  if (code !== "ERR_DLOPEN_FAILED" && !isAbsent) return;
  const what = /NODE_MODULE_VERSION/.test(message)
    ? "was compiled for another version of Node"
    : isAbsent
      ? "was installed without its compiled part"
      : `cannot be loaded (${message.split("\n")[0]})`;
  fail(
    "E_INSTALL",
    `better-sqlite3 ${what}; this is Node ${process.versions.node}`,
    { remedy: "`npm rebuild better-sqlite3` with this Node (pnpm: `pnpm approve-builds` first)" },
    error,
  );
}
