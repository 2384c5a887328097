import type * as Duck from "@duckdb/node-api";
import type { Engine } from "./duckdb.ts";
import { here } from "./here.ts";
import { perHost } from "./host.ts";

/** A column whose values lie in JavaScript. */
export interface FedColumn {
  readonly type: Duck.DuckDBType;
  /** Puts that many values, from the row `start` on, into a chunk's column. */
  fill(vector: Duck.DuckDBVector, start: number, length: number): void;
}

interface Feed {
  readonly columns: readonly FedColumn[];
  readonly rows: number;
  next: number;
  thrown?: { readonly error: unknown };
}

/**
 * Runs the work while SQL may read the columns as `FROM stepbook_rows()`, named c0, c1, …: DuckDB asks for the rows as it
 * needs them, so that they are in memory once. Within `exclusive`.
 */
export async function feed<T>(engine: Engine, columns: readonly FedColumn[], rows: number, work: () => Promise<T>): Promise<T> {
  const slot = perHost(here(), "feed", () => register(engine));
  const fed: Feed = { columns, rows, next: 0 };
  slot.feed = fed;
  try {
    return await work();
  } catch (error) {
    throw fed.thrown ? fed.thrown.error : error;
  } finally {
    // The data may go now.
    delete slot.feed;
  }
}

function register({ api, connection }: Engine): { feed?: Feed } {
  const slot: { feed?: Feed } = {};
  const size = api.DuckDBVector.standardSize();
  const made = api.DuckDBTableFunction.create({
    name: "stepbook_rows",
    bindFunction: (bind) => slot.feed!.columns.forEach(({ type }, index) => bind.addResultColumn(`c${index}`, type)),
    initFunction: () => {},
    mainFunction: (info, chunk) => {
      const fed = slot.feed!;
      try {
        give(fed, chunk, size);
      } catch (error) {
        fed.thrown = { error };
        info.setError("its values could not be given");
      }
    },
  });
  connection.registerTableFunction(made);
  return slot;
}

/** The next rows; a chunk of none ends them. */
function give(fed: Feed, chunk: Duck.DuckDBDataChunk, size: number): void {
  const length = Math.min(size, fed.rows - fed.next);
  chunk.rowCount = length;
  if (length > 0) fed.columns.forEach(({ fill }, index) => fill(chunk.getColumnVector(index), fed.next, length));
  fed.next += length;
}
