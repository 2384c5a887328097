import { createHash } from "node:crypto";
import { type BigIntStats, existsSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type * as command from "./main.ts";

/**
 * What `runner.ts` imports in this repository: the command as a package has it, built anew where a source has changed since.
 * To load some two hundred sources one by one takes half a second at every start.
 */
const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const kept = path.join(root, "node_modules", ".cache", "stepbook");

/** What the build is made from: our own files, and what says which packages are installed. */
const sources = ["src", "build.ts", "package.json", "tsconfig.json", "node_modules/.package-lock.json"];

/** A file this young, in ms, may change again without a sign of it: what is built from it is built again next time. */
const young = 2000;

/** A build that is older than this, in ms, is used by no process any more. */
const old = 7 * 24 * 3600 * 1000;

export const { main, runCommand } = createRequire(import.meta.url)(path.join(await upToDate(), "bin.cjs")) as typeof command;

/** @returns the folder of the build */
async function upToDate(): Promise<string> {
  const { signature, newest } = look();
  const built = path.join(kept, `engine-${signature}`);
  if (existsSync(built)) return built;
  const draft = path.join(kept, `draft-${process.pid}`);
  const { buildPackage } = (await import(new URL("../build.ts", import.meta.url).href)) as typeof import("../build.ts");
  await buildPackage(root, draft);
  removeOld();
  if (Date.now() - newest < young) return draft;
  try {
    renameSync(draft, built);
  } catch {
    // Another process has made it meanwhile.
    return existsSync(built) ? built : draft;
  }
  return built;
}

/** The files' signatures tell whether something changed, as they do for the pipeline's own files (docs/decisions/511). */
function look(): { signature: string; newest: number } {
  const hash = createHash("sha256").update(`${process.version} ${root}\n`);
  let newest = 0;
  for (const each of sources) {
    for (const [file, { size, mtimeNs, ctimeNs, ino, ctimeMs }] of filesAt(path.join(root, each))) {
      hash.update(`${file} ${size} ${mtimeNs} ${ctimeNs} ${ino}\n`);
      newest = Math.max(newest, Number(ctimeMs));
    }
  }
  return { signature: hash.digest("hex").slice(0, 16), newest };
}

/** At every start: each is asked for once. */
function* filesAt(at: string): Generator<[string, BigIntStats]> {
  const stats = statSync(at, { bigint: true, throwIfNoEntry: false });
  if (stats?.isDirectory()) for (const name of readdirSync(at).sort()) yield* filesAt(path.join(at, name));
  else if (stats) yield [at, stats];
}

function removeOld(): void {
  for (const name of readdirSync(kept)) {
    const folder = path.join(kept, name);
    if (/^(?:engine|draft)-/.test(name) && Date.now() - statSync(folder).mtimeMs > old) rmSync(folder, { recursive: true, force: true });
  }
}
