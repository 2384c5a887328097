#!/usr/bin/env node
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { Script } from "node:vm";
import type * as command from "./main.ts";

declare const COMMAND_DIGEST: string;

/**
 * Starts command.cjs from the code that V8 compiled when it first ran, which is kept beside it where that folder can be
 * written: compiling is most of what a short command costs. Node 22 has `module.enableCompileCache()` for this; 20 has not.
 */
const file = path.join(__dirname, "command.cjs");
// V8 itself compares no more than the length of the source and its own version and flags.
const kept = path.join(__dirname, `code-${COMMAND_DIGEST}-${process.version}-${process.arch}`);
const cachedData = readIfThere(kept);
const source = `(function (exports, require, module, __filename, __dirname) {${readFileSync(file, "latin1")}\n})`;
const script = new Script(source, { filename: file, cachedData });
const loaded = { exports: {} as typeof command, importer: (name: string) => import(name) };
(script.runInThisContext() as (...its: unknown[]) => void)(loaded.exports, createRequire(file), loaded, file, __dirname);

export const { runCommand } = loaded.exports;

export async function main(): Promise<void> {
  await loaded.exports.main();
  // A run has been through the code that matters.
  if ((!cachedData || script.cachedDataRejected) && ["run", undefined].includes(process.argv[2])) keep();
}

// A runner.ts imports it, and calls main itself.
if (require.main === module) void main();

function readIfThere(name: string): Buffer | undefined {
  try {
    return readFileSync(name);
  } catch {
    return undefined;
  }
}

function keep(): void {
  try {
    const draft = `${kept}.${process.pid}`;
    writeFileSync(draft, script.createCachedData());
    renameSync(draft, kept);
  } catch {
    // A folder that cannot be written: the command starts a little later each time.
  }
}
