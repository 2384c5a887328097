import { fail } from "../errors.ts";
import { projectPath } from "../project-path.ts";
import { duckdb } from "./duckdb.ts";
import { existingFile } from "./files.ts";
import { here, noteFile } from "./here.ts";
import { opened } from "./materialise.ts";
import { statSync } from "./quiet-fs.ts";
import { Table } from "./table.ts";

/**
 * A Parquet file as a table, read where it lies; its bytes are copied only where the table is exported.
 *
 * @param file relative to the project, or absolute
 * @throws E_FILE where it is missing or no Parquet file
 * @example const trips = await parquet<{ distance: number }>("data/trips.parquet");
 */
export async function parquet<Row = Record<string, unknown>>(file: string): Promise<Table<Row>> {
  const host = here();
  const absolute = existingFile(host, file, "parquet");
  noteFile(host, "file", absolute);
  const engine = await duckdb();
  return engine.exclusive(async () => {
    try {
      return new Table<Row>(await opened(engine, host, absolute));
    } catch (thrown) {
      const shown = projectPath(host.project, absolute);
      return fail(
        "E_FILE",
        `parquet: ${shown} is not a Parquet file (${statSync(absolute).size} bytes)`,
        { place: { file: shown }, remedy: "a CSV file is read by csv(…)" },
        thrown,
      );
    }
  });
}
