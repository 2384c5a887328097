import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { inert, packageOf } from "../graph/package-names.ts";
import type { Digest } from "../model.ts";
import type { pacer } from "../pace.ts";
import { racyMs, signatureOf } from "../store/files.ts";

interface PackageJson {
  readonly name?: string;
  readonly version?: string;
  readonly dependencies?: object;
  readonly optionalDependencies?: object;
  readonly peerDependencies?: object;
}

/** A folder without one is a package, too. */
export function readManifest(folder: string): PackageJson | undefined {
  try {
    return JSON.parse(readFileSync(path.join(folder, "package.json"), "utf8")) as PackageJson;
  } catch (error) {
    const none = (error as NodeJS.ErrnoException).code === "ENOENT";
    return none && statSync(folder, { throwIfNoEntry: false })?.isDirectory() ? {} : undefined;
  }
}

type Pace = ReturnType<typeof pacer>;

/** What the files of a package hold. */
export interface Looked {
  readonly digest: Digest;
  /** Packages that its code names. */
  readonly names: readonly string[];
}

/** Folders that hold nothing of a package itself. */
const apart: ReadonlySet<string> = new Set(["node_modules", ".git", ".stepbook"]);

type Files = [file: string, signature: string][];

/**
 * Relative path and signature of each file that may change behaviour, in a stable order.
 * @param project what lies there is none of the package's, where the package lies around it: an example of a library
 */
export async function listFiles(folder: string, project: string, pace: Pace, prefix = ""): Promise<Files> {
  const entries = readdirSync(path.join(folder, prefix), { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  const files: Files = [];
  for (const entry of entries) {
    const due = pace();
    if (due) await due;
    const relative = prefix ? `${prefix}/${entry.name}` : entry.name;
    if (entry.isDirectory()) {
      if (!apart.has(entry.name) && path.join(folder, relative) !== project)
        for (const file of await listFiles(folder, project, pace, relative)) files.push(file);
      continue;
    }
    if (inert.test(entry.name)) continue;
    // Links are followed: to files, not to folders, which may lead round in a circle.
    const stats = statSync(path.join(folder, relative), { bigint: true, throwIfNoEntry: false });
    if (stats?.isFile()) files.push([relative, signatureOf(stats)]);
  }
  return files;
}

export async function signatureOfAll(files: Files, pace: Pace): Promise<string> {
  const hash = createHash("sha256").update("[");
  for (const [i, file] of files.entries()) {
    hash.update(`${i === 0 ? "" : ","}${JSON.stringify(file)}`);
    await pace();
  }
  return hash.update("]").digest("hex");
}

/** Whether the newest change is long enough ago to show in the files' times. */
export function isSettled(files: readonly [file: string, signature: string][]): boolean {
  const changed = files.map(([, signature]) => Number(BigInt(signature.split(":")[3]!) / 1_000_000n));
  return changed.every((time) => Date.now() - time > racyMs);
}

export async function readPackage(folder: string, files: Files, pace: Pace): Promise<Looked> {
  const hash = createHash("sha256");
  const names = new Set<string>();
  for (const [file] of files) {
    await pace();
    const bytes = await readFile(path.join(folder, file));
    hash.update(JSON.stringify([file, bytes.length])).update(bytes);
    if (/\.[cm]?js$/.test(file)) for (const name of namedIn(bytes.toString("latin1"))) names.add(name);
  }
  return { digest: hash.digest("hex"), names: [...names].sort() };
}

/** The package's name in a bare specifier, and what may follow it. */
const bareName = String.raw`((?:@[\w.-]+\/)?[\w][\w.-]*)(?:\/[^"']*)?`;

/** Names of packages that look imported. One too many costs a look into node_modules. */
function namedIn(code: string): string[] {
  return importedIn(code, bareName).filter((name) => packageOf(name) !== undefined);
}

/** What looks imported in JavaScript. @param form of the specifiers that are asked for, as a regular expression whose group is wanted */
export function importedIn(code: string, form: string): string[] {
  const imports = new RegExp(String.raw`\b(?:from|import|require)\s*\(?\s*["']${form}["']`, "g");
  return [...code.matchAll(imports)].map(([, wanted]) => wanted!);
}
