#!/usr/bin/env node
import path from "node:path";
import { startKept } from "./kept-code.ts";
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

/* The command lies in two scripts (src/command-scripts.ts). */
const keeps: (() => void)[] = [];
const first = start<First>("command.cjs", COMMAND_DIGEST, require);
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
  rest ??= start<Modules>(
    "command.rest.cjs",
    REST_DIGEST,
    Object.assign((id: string) => moduleOf(id) ?? require(id), require),
  );
  return rest[name.slice("rest:".length)]!();
}

function start<Exports>(name: string, digest: string, required: NodeRequire): Exports {
  const importer = async (id: string) => moduleOf(id) ?? ((await import(id)) as object);
  const { exports, keep } = startKept<Exports>(path.join(__dirname, name), digest, { require: required, importer });
  keeps.push(keep);
  return exports;
}
