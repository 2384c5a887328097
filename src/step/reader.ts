import type * as Duck from "@duckdb/node-api";
import { duckdb } from "./duckdb.ts";
import { here } from "./here.ts";
import { perHost } from "./host.ts";
import { noteOpened } from "./sqlreads.ts";

/** A connection of its own for reading a table: a stream of rows ends when its connection runs something else. */
export interface Reader {
  readonly api: typeof Duck;
  readonly connection: Duck.DuckDBConnection;
  close(): Promise<void>;
}

export async function openReader(): Promise<Reader> {
  const host = here();
  const engine = await duckdb();
  const connection = await engine.instance.connect();
  const close = async () => {
    connection.closeSync();
    // The file log is emptied with each statement; of a step that only reads tables, now and then.
    const reads = perHost(host, "reads of tables", () => ({ count: 0 }));
    if (++reads.count % 100 === 0) await engine.exclusive(() => noteOpened(engine, host, Date.now()));
  };
  return { api: engine.api, connection, close };
}
