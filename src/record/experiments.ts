import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import Database from "better-sqlite3";
import { fail } from "../errors.ts";
import type { RunInfo, Scalar } from "../model.ts";
import { nearest } from "../nearest.ts";
import { quoteIdentifier } from "../sql-quote.ts";
import { proposedTable } from "./define-table.ts";
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
 * @param proposed gives what to write where there is none
 * @throws E_EXPERIMENTS_SQL
 */
export function readResultTables(project: string, proposed = () => proposedTable("experiments", { accuracy: 1 })): ResultDefinition {
  const file = path.join(project, "experiments.sql");
  if (!existsSync(file)) {
    fail("E_EXPERIMENTS_SQL", "there is no experiments.sql, so record() has no table to write to", {
      place: { file: "experiments.sql" },
      remedy: `write one: ${proposed()}`,
    });
  }
  const text = readFileSync(file, "utf8");
  // It is run at each delivery: a plain CREATE TABLE means what it says the first time.
  const ddl = text
    .replace(comment, "")
    .replace(plainCreate, (found, create?: string) => (create === undefined ? found : `${create} IF NOT EXISTS `));
  const db = new Database(":memory:");
  try {
    // In a transaction, as at each delivery, and not for the first time.
    const make = db.transaction(() => db.exec(ddl));
    make();
    make();
    const tables = tablesOf(db);
    refuseLongNames(tables);
    refuseMadeAnew(db, make);
    return { ddl, comments: text.match(comment) ?? [], tables };
  } catch (error) {
    return fail("E_EXPERIMENTS_SQL", `experiments.sql: ${(error as Error).message}`, {
      place: { file: "experiments.sql" },
      remedy:
        "use DDL that SQLite and Postgres both take, and that can be run again, in a transaction that is there: CREATE TABLE IF NOT EXISTS with plain types",
    });
  } finally {
    db.close();
  }
}

/** Postgres cuts longer names, and would not find them again. @throws that there is one */
function refuseLongNames(tables: ResultTables): void {
  const long = [...tables]
    .flatMap(([table, columns]) => [table, ...columns.map(({ name }) => name)])
    .find((name) => Buffer.byteLength(name) > 63);
  if (long !== undefined) throw new Error(`"${long}" is longer than the 63 bytes that Postgres has for a name`);
}

/** A table that is dropped and made anew at each delivery loses what was recorded before. @throws that there is one */
function refuseMadeAnew(db: Db, make: () => void): void {
  // A trigger goes with its table.
  const marked = (what: string) => db.prepare(`SELECT tbl_name FROM sqlite_master WHERE ${what}`).pluck().all() as string[];
  const tables = marked("type = 'table' AND name NOT LIKE 'sqlite_%' AND sql LIKE 'CREATE TABLE%'");
  for (const [i, table] of tables.entries())
    db.exec(`CREATE TRIGGER stepbook_mark_${i} AFTER DELETE ON ${quoteIdentifier(table)} BEGIN SELECT 1; END`);
  make();
  const left = marked("type = 'trigger' AND name LIKE 'stepbook_mark_%'");
  const lost = tables.find((table) => !left.includes(table));
  if (lost !== undefined)
    throw new Error(`the table ${lost} is dropped and made anew at each delivery, and what was recorded before is lost`);
}

function tablesOf(db: Db): ResultTables {
  const names = db.prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'").pluck().all() as string[];
  return new Map(names.map((name) => [name, columnsOf(db, name)]));
}

export function columnsOf(db: Db, table: string): ResultColumn[] {
  return db.prepare("SELECT name, type, pk AS key, dflt_value AS standard FROM pragma_table_info(?)").all(table) as ResultColumn[];
}

/**
 * A recorded row made whole: `experiment_id`, `experiment_datetime`, `run_id` and `logical_date`
 * are filled in where the table has them and the row does not.
 * @param nth how many rows this run has recorded into the table before
 * @throws E_EXPERIMENTS_SQL for an unknown table or column
 */
export function completeRow(
  tables: ResultTables,
  table: string,
  row: Readonly<Record<string, Scalar>>,
  run: RunInfo,
  nth: number,
): Record<string, Scalar> {
  const columns = tables.get(table);
  if (!columns)
    return fail("E_EXPERIMENTS_SQL", `record("${table}", …): experiments.sql has no table "${table}"`, {
      remedy: `${nearest(table, [...tables.keys()])} Or add it to experiments.sql: ${proposedTable(table, row)}`,
    });
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
