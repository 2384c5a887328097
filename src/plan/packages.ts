import { createHash } from "node:crypto";
import { readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { builtinModules } from "node:module";
import path from "node:path";
import { fail } from "../errors.ts";
import type { Digest } from "../model.ts";
import { pacer } from "../pace.ts";
import { type DigestCache, signatureOf } from "../store/files.ts";

/** A package as it is installed. */
interface Installed {
  readonly folder: string;
  readonly label: string;
  readonly dependencies: readonly string[];
  readonly optional: readonly string[];
}

/** What cannot change behaviour, so that its change is none. Texts can: a package may read its own. */
const inert = /\.(?:d\.[cm]?ts|map)$/i;
/** No package's name holds this. */
const isFolder = /(?:^|\/)node_modules\//;
/** The engine is part of every fingerprint by its own digest. */
const engine = "stepbook";
/** Files changed within this time are hashed again: a change in the same tick would leave no trace. */
const racyMs = 2000;

/**
 * Hashes installed packages by the bytes of their files, dependencies included: a version number
 * says what was published, not what lies in node_modules. A package whose files kept their size and
 * times is not read again.
 */
export class PackageHasher {
  readonly #project: string;
  readonly #cache: DigestCache;
  readonly #installed = new Map<string, Installed>();
  readonly #looked = new Map<string, Looked>();

  constructor(project: string, cache: DigestCache) {
    this.#project = project;
    this.#cache = cache;
  }

  /**
   * `name@version` → hash, for the packages and all that they depend on.
   * @throws E_IMPORT where a package is not installed
   */
  async closure(step: string, names: readonly string[]): Promise<Record<string, Digest>> {
    await this.#prepare(step, names);
    const entries = this.#reached(step, names).map((each) => [each.label, this.#digest(each)] as const);
    return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** The folders of those packages, as Node finds them and as they really lie. Their closure was asked for before. */
  folders(step: string, names: readonly string[]): string[] {
    const reached = new Set(this.#reached(step, names).map(({ folder }) => folder));
    return [...reached, ...[...this.#installed].filter(([, { folder }]) => reached.has(folder)).map(([candidate]) => candidate)];
  }

  /** Whether a package is among them. */
  reaches(step: string, names: readonly string[], name: string): boolean {
    return this.#reached(step, names).some(({ label }) => label.startsWith(`${name}@`));
  }

  /** Looks at all that is reached, in slices. */
  async #prepare(step: string, names: readonly string[]): Promise<void> {
    const seen = new Set<string>();
    const queue = this.#roots(step, names);
    for (let next = queue.pop(); next; next = queue.pop()) {
      if (seen.has(next.folder)) continue;
      seen.add(next.folder);
      if (!this.#looked.has(next.folder)) await this.#lookAt(next.folder);
      queue.push(...this.#next(next));
    }
  }

  #reached(step: string, names: readonly string[]): Installed[] {
    const found = new Map<string, Installed>();
    const queue = this.#roots(step, names);
    for (let next = queue.pop(); next; next = queue.pop()) {
      if (found.has(next.folder)) continue;
      found.set(next.folder, next);
      queue.push(...this.#next(next));
    }
    return [...found.values()];
  }

  #roots(step: string, names: readonly string[]): Installed[] {
    return names.map((name) => this.#own(name) ?? missing(step, name));
  }

  /** @param name or the folder, relative to the project */
  #own(name: string): Installed | undefined {
    return isFolder.test(name) ? this.#known(path.resolve(this.#project, name)) : this.#resolve(name, this.#project);
  }

  #next(installed: Installed): Installed[] {
    if (installed.label.startsWith(`${engine}@`)) return [];
    const names = [...new Set([...installed.dependencies, ...installed.optional, ...this.#named(installed)])];
    return names.map((name) => this.#resolve(name, installed.folder)).filter((each) => each !== undefined);
  }

  /** The package as Node would find it from a folder: the nearest node_modules upwards. */
  #resolve(name: string, from: string): Installed | undefined {
    for (let folder = from; ; folder = path.dirname(folder)) {
      const known = this.#known(path.join(folder, "node_modules", name));
      if (known) return known;
      if (path.dirname(folder) === folder) return undefined;
    }
  }

  #known(candidate: string): Installed | undefined {
    return this.#installed.get(candidate) ?? this.#read(candidate);
  }

  #read(candidate: string): Installed | undefined {
    const manifest = readManifest(candidate);
    if (!manifest) return undefined;
    const installed = {
      folder: realpathSync(candidate),
      label: `${manifest.name ?? path.basename(candidate)}@${manifest.version ?? "0.0.0"}`,
      dependencies: Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }),
      optional: Object.keys(manifest.optionalDependencies ?? {}),
    };
    this.#installed.set(candidate, installed);
    return installed;
  }

  #digest({ folder }: Installed): Digest {
    return this.#look(folder).digest;
  }

  /** Packages that its code names, declared or not: Node finds those too. */
  #named({ folder, label }: Installed): readonly string[] {
    const { names } = this.#look(folder);
    return names.filter((name) => !label.startsWith(`${name}@`));
  }

  #look(folder: string): Looked {
    return this.#looked.get(folder) ?? fail("E_INTERNAL", `${folder} was not looked at`);
  }

  async #lookAt(folder: string): Promise<void> {
    const pace = pacer();
    const files = await listFiles(folder, "", pace);
    const hash = createHash("sha256").update("[");
    for (const [i, file] of files.entries()) {
      hash.update(`${i === 0 ? "" : ","}${JSON.stringify(file)}`);
      await pace();
    }
    const signature = hash.update("]").digest("hex");
    const kept = this.#cache.get(`package:${folder}`);
    const looked = kept?.signature === signature ? (JSON.parse(kept.digest) as Looked) : await readPackage(folder, files, pace);
    this.#looked.set(folder, looked);
    if (kept?.signature !== signature && isSettled(files)) this.#cache.set(`package:${folder}`, signature, JSON.stringify(looked));
  }
}

interface PackageJson {
  readonly name?: string;
  readonly version?: string;
  readonly dependencies?: object;
  readonly optionalDependencies?: object;
  readonly peerDependencies?: object;
}

/** A folder without one is a package, too. */
function readManifest(folder: string): PackageJson | undefined {
  try {
    return JSON.parse(readFileSync(path.join(folder, "package.json"), "utf8")) as PackageJson;
  } catch (error) {
    const none = (error as NodeJS.ErrnoException).code === "ENOENT";
    return none && statSync(folder, { throwIfNoEntry: false })?.isDirectory() ? {} : undefined;
  }
}

type Pace = ReturnType<typeof pacer>;

/** What the files of a package hold. */
interface Looked {
  readonly digest: Digest;
  /** Packages that its code names. */
  readonly names: readonly string[];
}

function missing(step: string, name: string): never {
  return fail("E_IMPORT", `${step} imports the package "${name}", which is not installed`, { step, remedy: `npm install ${name}` });
}

type Files = [file: string, signature: string][];

/** Relative path and signature of each file that may change behaviour, in a stable order. */
async function listFiles(folder: string, prefix: string, pace: Pace): Promise<Files> {
  const entries = readdirSync(path.join(folder, prefix), { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  const files: Files = [];
  for (const entry of entries) {
    const due = pace();
    if (due) await due;
    const relative = prefix ? `${prefix}/${entry.name}` : entry.name;
    if (entry.isDirectory()) {
      if (entry.name !== "node_modules" && entry.name !== ".git") for (const file of await listFiles(folder, relative, pace)) files.push(file);
      continue;
    }
    if (inert.test(entry.name)) continue;
    // Links are followed: to files, not to folders, which may lead round in a circle.
    const stats = statSync(path.join(folder, relative), { bigint: true, throwIfNoEntry: false });
    if (stats?.isFile()) files.push([relative, signatureOf(stats)]);
  }
  return files;
}

/** Whether the newest change is long enough ago to show in the files' times. */
function isSettled(files: readonly [file: string, signature: string][]): boolean {
  const changed = files.map(([, signature]) => Number(BigInt(signature.split(":")[3]!) / 1_000_000n));
  return changed.every((time) => Date.now() - time > racyMs);
}

const builtins = new Set(builtinModules);

async function readPackage(folder: string, files: Files, pace: Pace): Promise<Looked> {
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

/** Bare names that look imported. One too many costs a look into node_modules. */
function* namedIn(code: string): Generator<string> {
  for (const [, specifier] of code.matchAll(/\b(?:from|import|require)\s*\(?\s*["']((?:@[\w.-]+\/)?[\w][\w.-]*)(?:\/[^"']*)?["']/g)) {
    if (!builtins.has(specifier!)) yield specifier!;
  }
}
