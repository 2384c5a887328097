import { mkdirSync } from "node:fs";
import path from "node:path";
import type * as Duck from "@duckdb/node-api";
import { quoteString } from "../sql-quote.ts";
import { duckdbApi } from "./duckdb-api.ts";
import { perHost, type Host } from "./host.ts";
import { here, searchFolder } from "./here.ts";

/** DuckDB as a step has it: one in-memory instance, opened at first use or ahead of it. */
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

type Opened = Pick<Engine, "api" | "instance" | "connection">;

let ahead: Promise<Opened> | undefined;

/** Opens the instance of the step that is to come, which is then not waited for. What goes wrong is found when it is asked for. */
export function openAhead(): Promise<unknown> {
  return (ahead ??= openPlain()).catch(() => {});
}

async function open(host: Host): Promise<Engine> {
  const plain = ahead ?? openPlain();
  ahead = undefined;
  const { api, instance, connection } = await plain;
  await connection.run(settings(host));
  let last: Promise<unknown> = Promise.resolve();
  const exclusive = <T>(work: () => Promise<T>): Promise<T> => {
    const next = last.then(work, work);
    last = next.catch(() => {});
    return next;
  };
  return { api, instance, connection, exclusive };
}

/** As every step has it, whatever its host. */
async function openPlain(): Promise<Opened> {
  const api = duckdbApi();
  const instance = await api.DuckDBInstance.create(":memory:", {
    // One thread: the same row order and the same float sums in every run.
    threads: "1",
    preserve_insertion_order: "true",
    // Nothing is downloaded behind the step's back.
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
  });
  const connection = await instance.connect();
  await connection.run("SET GLOBAL TimeZone = 'UTC'");
  return { api, instance, connection };
}

function settings(host: Host): string {
  const spill = path.join(host.staging, "duckdb");
  mkdirSync(spill, { recursive: true });
  const search = searchFolder(host);
  const all: Record<string, string> = {
    temp_directory: spill,
    ...(host.threads === 1 ? {} : { threads: String(host.threads) }),
    ...(host.memory === null ? {} : { memory_limit: `${host.memory}MiB` }),
    ...(search === undefined ? {} : { file_search_path: search }),
    // Errors as JSON carry the position in the text.
    errors_as_json: "true",
  };
  const set = Object.entries(all).map(([name, value]) => `SET GLOBAL ${name} = ${quoteString(value)};`);
  // DuckDB reads files natively, where wrapping node:fs does not see it; its own log does.
  return [...set, "CALL enable_logging('FileSystem')"].join("\n");
}
