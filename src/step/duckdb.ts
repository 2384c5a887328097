import { mkdirSync } from "node:fs";
import path from "node:path";
import type * as Duck from "@duckdb/node-api";
import { perHost, type Host } from "./host.ts";
import { here } from "./here.ts";
import { noteOpened } from "./sqlreads.ts";

/** DuckDB as a step has it: one in-memory instance per process, loaded at first use (it takes 0.2 s). */
export interface Engine {
  readonly api: typeof Duck;
  readonly instance: Duck.DuckDBInstance;
  /** Runs all statements, so that they see the step's temporary tables and settings. */
  readonly connection: Duck.DuckDBConnection;
  /** Runs the work when all work before it is done: what it does to the connection is not interleaved. */
  exclusive<T>(work: () => Promise<T>): Promise<T>;
}

/** The one door to DuckDB. */
export function duckdb(): Promise<Engine> {
  const host = here();
  return perHost(host, "duckdb", () => {
    const engine = open(host);
    engines.set(host, engine);
    return engine;
  });
}

const engines = new WeakMap<Host, Promise<Engine>>();

/** Lets go of what the step has opened, before another one runs in this process. */
export async function closeDuckdb(host: Host): Promise<void> {
  const engine = await engines.get(host);
  engine?.connection.closeSync();
  engine?.instance.closeSync();
}

async function open(host: Host): Promise<Engine> {
  const api = await import("@duckdb/node-api");
  const instance = await api.DuckDBInstance.create(":memory:", settings(host));
  const connection = await instance.connect();
  await prepare(connection, host);
  let last: Promise<unknown> = Promise.resolve();
  const exclusive = <T>(work: () => Promise<T>): Promise<T> => {
    const next = last.then(work, work);
    last = next.catch(() => {});
    return next;
  };
  return { api, instance, connection, exclusive };
}

function settings(host: Host): Record<string, string> {
  const spill = path.join(host.staging, "duckdb");
  mkdirSync(spill, { recursive: true });
  return {
    // One thread: the same row order and the same float sums in every run.
    threads: String(host.threads),
    preserve_insertion_order: "true",
    temp_directory: spill,
    // Nothing is downloaded behind the step's back.
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
    ...(host.memory === null ? {} : { memory_limit: `${host.memory}MiB` }),
  };
}

// Taken before the runner wraps it: where the engine works is no read of the step's.
const cwd = process.cwd.bind(process);

async function prepare(connection: Duck.DuckDBConnection, host: Host): Promise<void> {
  await connection.run("SET GLOBAL TimeZone = 'UTC'");
  // Errors as JSON carry the position in the text.
  await connection.run("SET GLOBAL errors_as_json = true");
  if (cwd() !== host.project && !host.project.includes(",")) {
    await connection.run(`SET GLOBAL file_search_path = '${host.project.replaceAll("'", "''")}'`);
  }
  // DuckDB reads files natively, where wrapping node:fs does not see it; its own log does.
  await connection.run("CALL enable_logging('FileSystem')");
}

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
