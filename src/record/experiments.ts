import { existsSync, mkdirSync, readFileSync } from "node:fs";
import path from "node:path";
import Database from "better-sqlite3";
import { fail } from "../errors.ts";
import type { RunInfo, Scalar } from "../model.ts";
import { nearest } from "../nearest.ts";
import type { Db } from "./state.ts";

/** The results tables, as `experiments.sql` defines them: name → columns in order. */
export type ResultTables = ReadonlyMap<string, readonly ResultColumn[]>;

export interface ResultColumn {
  readonly name: string;
  readonly type: string;
  /** Position in the primary key from 1; 0: not part of it. */
  readonly key: number;
  /** Its DEFAULT, as SQL. */
  readonly standard: string | null;
}

export interface ResultDefinition {
  readonly ddl: string;
  /** The `COMMENT ON` statements, which only Postgres takes. */
  readonly comments: readonly string[];
  readonly tables: ResultTables;
}

/** What makes a table or an index, where it does not say what to do if that is there; texts and comments are passed over. */
const plainCreate = /'(?:[^']|'')*'|--[^\n]*|\/\*[\s\S]*?\*\/|\b(CREATE\s+(?:TABLE|(?:UNIQUE\s+)?INDEX))\s+(?!IF\s+NOT\s)/gi;
const comment = /^\s*COMMENT\s+ON\b(?:'(?:[^']|'')*'|[^;'])*;/gim;

export function experimentsFile(project: string): string {
  return path.join(project, "data", "experiments.db");
}

/**
 * Reads `experiments.sql`. SQLite itself parses it, in memory; `COMMENT ON`, which only Postgres
 * knows, is left out.
 * @throws E_EXPERIMENTS_SQL
 */
export function readResultTables(project: string): ResultDefinition {
  const file = path.join(project, "experiments.sql");
  if (!existsSync(file)) {
    fail("E_EXPERIMENTS_SQL", "there is no experiments.sql, so record() has no table to write to", {
      place: { file: "experiments.sql" },
      remedy: "write one: CREATE TABLE IF NOT EXISTS experiments (experiment_id text PRIMARY KEY, experiment_datetime timestamptz, accuracy double precision);",
    });
  }
  const text = readFileSync(file, "utf8");
  // It is run at each delivery: a plain CREATE TABLE means what it says the first time.
  const ddl = text.replace(comment, "").replace(plainCreate, (found, create?: string) => (create === undefined ? found : `${create} IF NOT EXISTS `));
  const db = new Database(":memory:");
  try {
    db.exec(ddl);
    db.exec(ddl);
    const tables = tablesOf(db);
    refuseLongNames(tables);
    return { ddl, comments: text.match(comment) ?? [], tables };
  } catch (error) {
    return fail("E_EXPERIMENTS_SQL", `experiments.sql: ${(error as Error).message}`, {
      place: { file: "experiments.sql" },
      remedy: "use DDL that SQLite and Postgres both take, and that can be run again: CREATE TABLE IF NOT EXISTS with plain types",
    });
  } finally {
    db.close();
  }
}

/** Postgres cuts longer names, and would not find them again. @throws that there is one */
function refuseLongNames(tables: ResultTables): void {
  const long = [...tables].flatMap(([table, columns]) => [table, ...columns.map(({ name }) => name)]).find((name) => Buffer.byteLength(name) > 63);
  if (long !== undefined) throw new Error(`"${long}" is longer than the 63 bytes that Postgres has for a name`);
}

function tablesOf(db: Db): ResultTables {
  const names = db.prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'").pluck().all() as string[];
  return new Map(names.map((name) => [name, columnsOf(db, name)]));
}

function columnsOf(db: Db, table: string): ResultColumn[] {
  return db.prepare("SELECT name, type, pk AS key, dflt_value AS standard FROM pragma_table_info(?)").all(table) as ResultColumn[];
}

/**
 * A recorded row made whole: `experiment_id`, `experiment_datetime`, `run_id` and `logical_date`
 * are filled in where the table has them and the row does not.
 * @param nth how many rows this run has recorded into the table before
 * @throws E_EXPERIMENTS_SQL for an unknown table or column
 */
export function completeRow(tables: ResultTables, table: string, row: Readonly<Record<string, Scalar>>, run: RunInfo, nth: number): Record<string, Scalar> {
  const columns = tables.get(table);
  if (!columns) return fail("E_EXPERIMENTS_SQL", `record("${table}", …): experiments.sql has no table "${table}"`, { remedy: nearest(table, [...tables.keys()]) });
  const names = columns.map((column) => column.name);
  const unknown = Object.keys(row).find((name) => !names.includes(name));
  if (unknown !== undefined) {
    return fail("E_EXPERIMENTS_SQL", `record("${table}", …): the table has no column "${unknown}"`, {
      remedy: `${nearest(unknown, names)} A column added to experiments.sql is added to the table at the next run`,
    });
  }
  const given: Record<string, Scalar> = {
    experiment_id: nth === 0 ? run.id : `${run.id}-${nth + 1}`,
    experiment_datetime: run.startedAt,
    run_id: run.id,
    logical_date: run.logicalDate,
  };
  const filled = Object.entries(given).filter(([name]) => names.includes(name) && row[name] === undefined);
  return { ...row, ...Object.fromEntries(filled) };
}

/**
 * Tries the row on an empty table of the same definition, so that a row which the table refuses
 * fails the step that recorded it.
 * @throws E_EXPERIMENTS_SQL
 */
export function probeRow(ddl: string, table: string, row: Readonly<Record<string, Scalar>>): void {
  try {
    const db = emptyTables(ddl);
    db.exec("BEGIN");
    try {
      insertRow(db, table, row);
    } finally {
      // A failed insert may have ended it.
      if (db.inTransaction) db.exec("ROLLBACK");
    }
  } catch (error) {
    fail("E_EXPERIMENTS_SQL", `record("${table}", …): ${(error as Error).message}`, {
      place: { file: "experiments.sql" },
      remedy: "give the row what the table demands, or change the table's definition",
    });
  }
}

/** Made once for all rows of a definition: a step may record thousands. */
let empty: { readonly ddl: string; readonly db: Db } | undefined;

function emptyTables(ddl: string): Db {
  if (empty?.ddl === ddl) return empty.db;
  empty?.db.close();
  empty = undefined;
  const db = new Database(":memory:");
  db.exec(ddl);
  empty = { ddl, db };
  return db;
}

/**
 * Brings the embedded results tables to the shape of `experiments.sql` and delivers to them what
 * waits in the outbox. Idempotent: a row delivered twice replaces itself. What a table refuses goes on waiting.
 * @returns warnings, such as columns that experiments.sql no longer has
 */
export function deliverEmbedded(state: Db, project: string): string[] {
  // A results file that was deleted is filled again from what was ever recorded.
  if (!existsSync(experimentsFile(project))) state.prepare("UPDATE outbox SET embedded = 0").run();
  const waiting = state.prepare("SELECT id, table_name AS name, body FROM outbox WHERE embedded = 0 AND kind = 'row' ORDER BY id").all() as OutboxRow[];
  if (waiting.length === 0 && !existsSync(path.join(project, "experiments.sql"))) return [];
  const { ddl, tables } = readResultTables(project);
  mkdirSync(path.dirname(experimentsFile(project)), { recursive: true });
  const db = new Database(experimentsFile(project), { timeout: 10_000 });
  try {
    db.pragma("journal_mode = WAL");
    db.pragma("synchronous = FULL");
    const warnings: string[] = [];
    const refused = new Map<string, OutboxRow[]>();
    db.transaction(() => {
      warnings.push(...reshape(db, ddl, tables));
      for (const row of waiting) {
        const why = deliver(db, row, tables);
        if (why !== undefined) refused.set(`${row.name}: ${why}`, [...(refused.get(`${row.name}: ${why}`) ?? []), row]);
      }
    }).immediate();
    const waits = new Set([...refused.values()].flat());
    markDelivered(state, waiting.filter((row) => !waits.has(row)));
    for (const [why, rows] of refused) warnings.push(`the table refuses ${rows.length === 1 ? "a row" : `${rows.length} rows`} recorded into ${why}; kept until it takes ${rows.length === 1 ? "it" : "them"}: data/experiments.db, if it is removed, is made anew from experiments.sql and all that was recorded`);
    return warnings;
  } finally {
    db.close();
  }
}

interface OutboxRow {
  readonly id: number;
  readonly name: string;
  readonly body: string;
}

function markDelivered(state: Db, rows: readonly OutboxRow[]): void {
  const mark = state.prepare("UPDATE outbox SET embedded = 1 WHERE id = ?");
  state.transaction(() => rows.forEach((row) => mark.run(row.id)))();
}

function reshape(db: Db, ddl: string, tables: ResultTables): string[] {
  // Before the statements of experiments.sql are run, since an index may want a column that is new.
  for (const [table, wanted] of tables) {
    const present = columnsOf(db, table);
    if (present.length > 0) for (const column of wanted.filter((each) => !present.some((other) => other.name === each.name))) addColumn(db, table, column);
  }
  db.exec(ddl);
  return [...tables].flatMap(([table, wanted]) => {
    return columnsOf(db, table)
      .filter((column) => !wanted.some((each) => each.name === column.name))
      .map((column) => `${table}.${column.name} is no longer in experiments.sql; the column and its values are kept`);
  });
}

/** NOT NULL cannot be asked of rows that are already there. */
function addColumn(db: Db, table: string, { name, type, standard }: ResultColumn): void {
  const add = `ALTER TABLE ${quote(table)} ADD COLUMN ${quote(name)} ${type}`;
  try {
    db.exec(standard === null ? add : `${add} DEFAULT ${standard}`);
  } catch {
    // SQLite gives rows that are there no default that must be computed.
    db.exec(add);
  }
}

/** @returns why the table does not take the row; undefined: it has it */
function deliver(db: Db, { name, body }: OutboxRow, tables: ResultTables): string | undefined {
  try {
    const [key, wanted] = [keyOf(columnsOf(db, name)), keyOf(tables.get(name) ?? [])];
    if (tables.has(name) && key.join() !== wanted.join()) return `it has the key (${key.join(", ")}), and experiments.sql says (${wanted.join(", ")})`;
    db.transaction(() => insertRow(db, name, JSON.parse(body) as Record<string, Scalar>))();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

function keyOf(columns: readonly ResultColumn[]): string[] {
  return columns.filter(({ key }) => key > 0).sort((a, b) => a.key - b.key).map(({ name }) => name);
}

/** Inserts the row in place of the one with its key. Columns that the table has lost are left out. */
function insertRow(db: Db, table: string, row: Readonly<Record<string, Scalar>>): void {
  const present = columnsOf(db, table);
  const key = keyOf(present);
  if (key.length > 0 && key.every((name) => row[name] !== undefined)) {
    db.prepare(`DELETE FROM ${quote(table)} WHERE ${key.map((name) => `${quote(name)} = ?`).join(" AND ")}`).run(...key.map((name) => bound(row[name]!)));
  }
  const columns = Object.keys(row).filter((column) => present.some(({ name }) => name === column));
  const places = columns.map(() => "?").join(", ");
  db.prepare(`INSERT INTO ${quote(table)} (${columns.map(quote).join(", ")}) VALUES (${places})`).run(...columns.map((column) => bound(row[column]!)));
}

/** SQLite has no booleans; a whole number that goes as one stays `5` in a column of texts, and not `5.0`. */
function bound(value: Scalar): Scalar {
  if (typeof value === "boolean") return BigInt(value);
  return Number.isSafeInteger(value) && !Object.is(value, -0) ? BigInt(value as number) : value;
}

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
