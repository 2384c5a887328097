import { existsSync, mkdirSync } from "node:fs";
import path from "node:path";
import type { Scalar } from "../model.ts";
import { quoteIdentifier } from "../sql-quote.ts";
import { digestOf } from "../store/digest.ts";
import { columnsOf, experimentsFile, type ResultColumn, type ResultDefinition, type ResultTables } from "./experiments.ts";
import { insertRow, keyOf, sameName } from "./insert-row.ts";
import { isOfFile, ofResults, openResults } from "./results-file.ts";
import type { Db } from "./state.ts";

/** Of a row in the outbox, as `embedded`: it waits, or the table has it; above these, it was refused under that definition. */
const [waits, delivered] = [0, 1];

/**
 * Brings the embedded results tables to the shape of `experiments.sql` and delivers to them what
 * waits in the outbox. Idempotent: a row delivered twice replaces itself. What a table refuses is tried again when its definition is another one.
 * @returns warnings, such as columns that experiments.sql no longer has
 * @throws E_DATABASE where the file cannot be used; then all waits that did
 */
export function deliverEmbedded(state: Db, project: string, { ddl, tables }: Pick<ResultDefinition, "ddl" | "tables">): string[] {
  // A results file that was deleted is filled again from what was ever recorded.
  if (!existsSync(experimentsFile(project))) state.prepare("UPDATE outbox SET embedded = ?").run(waits);
  ofResults(() => mkdirSync(path.dirname(experimentsFile(project)), { recursive: true }));
  const db = openResults(project);
  try {
    const { warnings, definition } = ofResults(() => shaped(db, ddl, tables));
    const waiting = waitingRows(state, definition);
    if (waiting.length === 0) return warnings;
    const refused = ofResults(() => db.transaction(() => deliverAll(db, waiting, tables)).immediate());
    mark(
      state,
      waiting.map((row) => ({ row, becomes: refused.has(row) ? definition : delivered })),
    );
    return [...warnings, ...refusals([...refused.values()])];
  } finally {
    db.close();
  }
}

/** The tables as experiments.sql wants them. Where they are so already nothing is locked. */
function shaped(db: Db, ddl: string, tables: ResultTables): { readonly warnings: string[]; readonly definition: number } {
  db.pragma("journal_mode = WAL");
  db.pragma("synchronous = FULL");
  // A row takes the place of the one with its key: what refers to that one must not go with it, nor keep it.
  db.pragma("foreign_keys = OFF");
  const warnings = db.transaction(() => reshape(db, ddl, tables))();
  return { warnings, definition: definitionOf(db, ddl) };
}

interface OutboxRow {
  readonly id: number;
  readonly name: string;
  readonly body: string;
}

/** @param definition under which those that were refused need not be tried again */
function waitingRows(state: Db, definition: number): OutboxRow[] {
  // Written so that SQLite sees the index of what is not delivered.
  return state
    .prepare(
      `SELECT id, table_name AS name, body FROM outbox WHERE embedded <> ${delivered} AND embedded <> ? AND kind = 'row' ORDER BY id`,
    )
    .all(definition) as OutboxRow[];
}

/** A number for what experiments.sql says and what the tables are. */
function definitionOf(db: Db, ddl: string): number {
  const made = db.prepare("SELECT sql FROM sqlite_master ORDER BY name").pluck().all() as (string | null)[];
  return 2 + Number.parseInt(digestOf(JSON.stringify([ddl, made])).slice(0, 8), 16);
}

/** Each reason once, with how many rows have it. */
function refusals(reasons: readonly string[]): string[] {
  return [...new Set(reasons)].map((reason) => {
    const count = reasons.filter((each) => each === reason).length;
    const [rows, them] = count === 1 ? ["a row", "it"] : [`${count} rows`, "them"];
    return `the table refuses ${rows} recorded into ${reason}; kept until it takes ${them}: data/experiments.db, if it is removed, is made anew from experiments.sql and all that was recorded`;
  });
}

function mark(state: Db, rows: readonly { readonly row: OutboxRow; readonly becomes: number }[]): void {
  const become = state.prepare("UPDATE outbox SET embedded = ? WHERE id = ?");
  state.transaction(() => rows.forEach(({ row, becomes }) => become.run(becomes, row.id)))();
}

function reshape(db: Db, ddl: string, tables: ResultTables): string[] {
  // Before the statements of experiments.sql are run, since an index may want a column that is new.
  for (const [table, wanted] of tables) {
    const present = columnsOf(db, table);
    if (present.length > 0)
      for (const column of wanted.filter((each) => !present.some((other) => sameName(other.name, each.name)))) addColumn(db, table, column);
  }
  db.exec(ddl);
  return [...tables].flatMap(([table, wanted]) =>
    columnsOf(db, table).flatMap((column) => {
      const now = wanted.find(({ name }) => sameName(name, column.name));
      if (!now) return [`${table}.${column.name} is no longer in experiments.sql; the column and its values are kept`];
      if (sameName(now.type, column.type)) return [];
      return [
        `${table}.${column.name} is of the type ${column.type}, and experiments.sql says ${now.type}: values are kept as the old one until data/experiments.db is removed, which is made anew from all that was recorded`,
      ];
    }),
  );
}

/** NOT NULL cannot be asked of rows that are already there. */
function addColumn(db: Db, table: string, { name, type, standard }: ResultColumn): void {
  const add = `ALTER TABLE ${quoteIdentifier(table)} ADD COLUMN ${quoteIdentifier(name)} ${type}`;
  try {
    db.exec(standard === null ? add : `${add} DEFAULT ${standard}`);
  } catch {
    // SQLite gives rows that are there no default that must be computed.
    db.exec(add);
  }
}

/** @returns the rows that their table does not take, and why */
function deliverAll(db: Db, rows: readonly OutboxRow[], tables: ResultTables): Map<OutboxRow, string> {
  const refused = new Map<OutboxRow, string>();
  for (const row of rows) {
    const why = deliver(db, row, tables);
    if (why !== undefined) refused.set(row, `${row.name}: ${why}`);
  }
  return refused;
}

/** @returns why the table does not take the row; undefined: it has it */
function deliver(db: Db, { name, body }: OutboxRow, tables: ResultTables): string | undefined {
  try {
    const present = columnsOf(db, name);
    const [key, wanted] = [keyOf(present), keyOf(tables.get(name) ?? [])];
    if (tables.has(name) && !sameName(key.toSorted().join(), wanted.toSorted().join()))
      return `it has the key (${key.join(", ")}), and experiments.sql says (${wanted.join(", ")})`;
    db.transaction(() => insertRow(db, name, JSON.parse(body) as Record<string, Scalar>, present))();
    return undefined;
  } catch (error) {
    if (isOfFile(error)) throw error;
    return (error as Error).message;
  }
}
