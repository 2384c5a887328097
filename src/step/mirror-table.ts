import { fail } from "../errors.ts";
import { tableInfo } from "../store/brand.ts";
import { here } from "./here.ts";
import type { Table } from "./table.ts";

/**
 * Keeps a Postgres table equal to this one: committed with the step's record, sent where DATABASE_URL is set, now or
 * when the database is there. It is replaced as a whole, in one transaction: readers see the old rows or the new.
 * Standalone it is shown and not sent.
 *
 * @param name the table's name in Postgres; it must be none of experiments.sql's, and none that Stepbook did not make
 * @example mirrorTable("batches", batches);
 */
export function mirrorTable(name: string, table: Table<never> | Table): void {
  if (!/^[A-Za-z_][A-Za-z0-9_]{0,62}$/.test(name)) {
    fail("E_USAGE", `mirrorTable: "${name}" is not a table name`, { remedy: "use at most 63 letters, digits and _, such as batches" });
  }
  if (!tableInfo(table))
    fail("E_USAGE", `mirrorTable("${name}"): its second argument is not a Table`, {
      remedy: "make one with sql, csv, parquet or table(rows)",
    });
  here().emit({ type: "effect", effect: { kind: "table", table: name, rows: table } });
}
