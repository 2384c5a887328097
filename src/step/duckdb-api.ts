import { createRequire } from "node:module";
import path from "node:path";
import type * as Duck from "@duckdb/node-api";
import { requireKept } from "../kept-code.ts";
import { statSync } from "./quiet-fs.ts";

/** Where the build puts `@duckdb/node-api` as one script: beside the script that this is part of. */
const script = path.join(import.meta.dirname, "duckdb.cjs");

let keep = (): void => {};

/**
 * DuckDB's API, loaded at first use. By `require`: an `import` of CommonJS reads each of its 60 files twice, to learn what they
 * export, which takes five times as long as the one script does.
 */
export function duckdbApi(): typeof Duck {
  if (!statSync(script, { throwIfNoEntry: false })) return createRequire(import.meta.filename)("@duckdb/node-api") as typeof Duck;
  const started = requireKept<typeof Duck>(script, path.dirname(script));
  keep = started.keep;
  return started.exports;
}

/** Keeps the code that V8 compiled of it so far. */
export function keepDuckdb(): void {
  keep();
}
