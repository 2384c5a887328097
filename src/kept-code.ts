import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { Script } from "node:vm";

// Taken before a step's process watches them: what is kept is not a read of the step's.
const { readFileSync, renameSync, statSync, writeFileSync } = fs;

/** A script that was started, and what keeps its compiled code where it is not kept yet. */
interface Started<Exports> {
  readonly exports: Exports;
  keep(): void;
}

/** How a script gets other modules. */
interface Loader {
  readonly require: NodeRequire;
  /** Kept code cannot `import()` by itself: it finds this as `module.importer`. */
  readonly importer?: (name: string) => Promise<unknown>;
}

/**
 * Starts a script of CommonJS from the code that V8 compiled at an earlier start, which is kept beside it where that folder can
 * be written: compiling is most of what a short process costs. Node 22 has `module.enableCompileCache()` for this; 20 has not.
 * @param digest of the script: V8 itself compares no more than the length of the source and its own version and flags
 */
export function startKept<Exports>(file: string, digest: string, loader: Loader): Started<Exports> {
  // Our own scripts are ASCII.
  return start(file, readFileSync(file, "latin1"), `${file.slice(0, -path.extname(file).length)}-code-${digest}`, loader);
}

/**
 * The same for a script of CommonJS of an installed package, in place of `require`.
 * @param folder of ours, where its code is kept; as long as the script's file has not changed
 */
export function requireKept<Exports>(file: string, folder: string): Started<Exports> {
  const { size, mtimeMs, ctimeMs, ino } = statSync(file);
  return start(
    file,
    readFileSync(file, "utf8"),
    path.join(folder, `${path.basename(file, path.extname(file))}-code-${[size, mtimeMs, ctimeMs, ino].join("-")}`),
    { require: createRequire(file) },
  );
}

function start<Exports>(file: string, text: string, kept: string, { require, importer }: Loader): Started<Exports> {
  const name = `${kept}-${process.version}-${process.arch}-${optionsHere()}`;
  const cachedData = readKept(name);
  const script = new Script(`(function (exports, require, module, __filename, __dirname) {${text}\n})`, { filename: file, cachedData });
  const module = { exports: {} as Exports, importer };
  (script.runInThisContext() as (...its: unknown[]) => void)(module.exports, require, module, file, path.dirname(file));
  return {
    exports: module.exports,
    keep: () => void ((!cachedData || script.cachedDataRejected) && keep(name, script.createCachedData())),
  };
}

/**
 * Includes V8's flags, such as a heap limit: processes of two kinds would overwrite each other's code in turn. V8 rejects what was
 * compiled under other flags.
 */
function optionsHere(): string {
  let sum = 0;
  for (const character of `${process.execArgv.join(" ")} ${process.env["NODE_OPTIONS"] ?? ""}`)
    sum = (Math.imul(sum, 31) + character.codePointAt(0)!) | 0;
  return (sum >>> 0).toString(36);
}

/**
 * V8 runs code that was damaged, or dies of it: it is in the file twice, and compared. A checksum would need node:crypto, which
 * takes longer to load than most of what is started so.
 * @returns undefined where there is none that is whole
 */
function readKept(name: string): Buffer | undefined {
  try {
    const twice = readFileSync(name);
    const code = twice.subarray(0, twice.length / 2);
    return code.length > 0 && code.equals(twice.subarray(twice.length / 2)) ? code : undefined;
  } catch {
    return undefined;
  }
}

/** Keeps it for the next start; where the folder cannot be written, that is a little slower each time. */
function keep(name: string, code: Buffer): void {
  try {
    const draft = `${name}.${process.pid}`;
    writeFileSync(draft, Buffer.concat([code, code]));
    renameSync(draft, name);
  } catch {
    // It is compiled anew then.
  }
}
