import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { Script } from "node:vm";
import { keep, readKept } from "./kept-twice.ts";

// Taken before a step's process watches them: what is kept is not a read of the step's.
const { readFileSync, statSync } = fs;

/** A script that was started, and what keeps its compiled code where it is not kept yet. */
interface Started<Exports> {
  readonly exports: Exports;
  keep(): void;
}

/**
 * Starts a script of CommonJS from the code that V8 compiled at an earlier start, which is kept beside it where that folder can
 * be written: compiling is most of what a short process costs. Node 22 has `module.enableCompileCache()` for this; 20 has not.
 * @param digest of the script: V8 itself compares no more than the length of the source and its own version and flags
 * @param importer kept code cannot `import()` by itself: it finds this as `module.importer`
 */
export function startKept<Exports>(file: string, digest: string, importer?: (name: string) => Promise<unknown>): Started<Exports> {
  // Our own scripts are ASCII.
  return start(file, readFileSync(file, "latin1"), `${file.slice(0, -path.extname(file).length)}-code-${digest}`, importer);
}

/**
 * The same for a script of CommonJS of an installed package, in place of `require`.
 * @param folder of ours, where its code is kept; as long as the script's file has not changed
 */
export function requireKept<Exports>(file: string, folder: string): Started<Exports> {
  const { size, mtimeMs, ctimeMs, ino } = statSync(file);
  return start(file, readFileSync(file, "utf8"), path.join(folder, `${path.basename(file, path.extname(file))}-code-${[size, mtimeMs, ctimeMs, ino].join("-")}`));
}

/**
 * Includes V8's flags, such as a heap limit: processes of two kinds would overwrite each other's code in turn. V8 rejects what was
 * compiled under other flags.
 */
function optionsHere(): string {
  let sum = 0;
  for (const character of `${process.execArgv.join(" ")} ${process.env["NODE_OPTIONS"] ?? ""}`) sum = (Math.imul(sum, 31) + character.codePointAt(0)!) | 0;
  return (sum >>> 0).toString(36);
}

function start<Exports>(file: string, text: string, kept: string, importer?: (name: string) => Promise<unknown>): Started<Exports> {
  const name = `${kept}-${process.version}-${process.arch}-${optionsHere()}`;
  const cachedData = readKept(name);
  const script = new Script(`(function (exports, require, module, __filename, __dirname) {${text}\n})`, { filename: file, cachedData });
  const module = { exports: {} as Exports, importer };
  (script.runInThisContext() as (...its: unknown[]) => void)(module.exports, createRequire(file), module, file, path.dirname(file));
  return { exports: module.exports, keep: () => void ((!cachedData || script.cachedDataRejected) && keep(name, script.createCachedData())) };
}
