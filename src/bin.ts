#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { Script } from "node:vm";
import { keep, readKept } from "./kept-twice.ts";
import type * as command from "./main.ts";

declare const COMMAND_DIGEST: string;
declare const REST_DIGEST: string;

/** Name of a module → what starts it, and gives what it exports. */
type Modules = Readonly<Record<string, () => object>>;

interface First {
  readonly command: typeof command;
  /** What the second script has from here. */
  readonly shared: Modules;
}

/*
 * The command lies in two scripts (src/command-scripts.ts). They are started from the code that V8 compiled when they first ran,
 * which is kept beside them where that folder can be written: compiling is most of what a short command costs. Node 22 has
 * `module.enableCompileCache()` for this; 20 has not.
 */
const keeps: (() => void)[] = [];
const first = start<First>("command.cjs", COMMAND_DIGEST, createRequire(__filename));
let rest: Modules | undefined;

export const { runCommand } = first.command;

export async function main(): Promise<void> {
  await first.command.main();
  // A run has been through the code that matters.
  if (["run", undefined].includes(process.argv[2])) for (const each of keeps) each();
}

// A runner.ts imports it, and calls main itself.
if (require.main === module) void main();

/** Modules of the other script have a prefix. */
function moduleOf(name: string): object | undefined {
  if (name.startsWith("first:")) return first.shared[name.slice("first:".length)]!();
  if (!name.startsWith("rest:")) return undefined;
  rest ??= start<Modules>("command.rest.cjs", REST_DIGEST, Object.assign((id: string) => moduleOf(id) ?? require(id), require));
  return rest[name.slice("rest:".length)]!();
}

function start<Exports>(name: string, digest: string, given: NodeRequire): Exports {
  const file = path.join(__dirname, name);
  // V8 itself compares no more than the length of the source and its own version and flags.
  const kept = path.join(__dirname, `code-${digest}-${process.version}-${process.arch}`);
  const cachedData = readKept(kept);
  const source = `(function (exports, require, module, __filename, __dirname) {${readFileSync(file, "latin1")}\n})`;
  const script = new Script(source, { filename: file, cachedData });
  // Code that V8 had kept cannot import by itself.
  const loaded = { exports: {} as Exports, importer: async (id: string) => moduleOf(id) ?? ((await import(id)) as object) };
  (script.runInThisContext() as (...its: unknown[]) => void)(loaded.exports, given, loaded, file, __dirname);
  if (!cachedData || script.cachedDataRejected) keeps.push(() => keep(kept, script.createCachedData()));
  return loaded.exports;
}
