import { createHash } from "node:crypto";
import { readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { builtinModules } from "node:module";
import path from "node:path";
import { fail } from "../errors.ts";
import type { Digest } from "../model.ts";
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
  closure(step: string, names: readonly string[]): Record<string, Digest> {
    const entries = this.#reached(step, names).map((each) => [each.label, this.#digest(each)] as const);
    return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** The folders of those packages, as Node finds them and as they really lie. */
  folders(step: string, names: readonly string[]): string[] {
    const reached = new Set(this.#reached(step, names).map(({ folder }) => folder));
    return [...reached, ...[...this.#installed].filter(([, { folder }]) => reached.has(folder)).map(([candidate]) => candidate)];
  }

  /** Whether a package is among them. */
  reaches(step: string, names: readonly string[], name: string): boolean {
    return this.#reached(step, names).some(({ label }) => label.startsWith(`${name}@`));
  }

  #reached(step: string, names: readonly string[]): Installed[] {
    const found = new Map<string, Installed>();
    const queue = names.map((name) => this.#resolve(name, this.#project) ?? missing(step, name));
    for (let next = queue.pop(); next; next = queue.pop()) {
      if (found.has(next.folder)) continue;
      found.set(next.folder, next);
      if (next.label.startsWith(`${engine}@`)) continue;
      for (const name of new Set([...next.dependencies, ...next.optional, ...this.#named(next)])) {
        const dependency = this.#resolve(name, next.folder);
        if (dependency) queue.push(dependency);
      }
    }
    return [...found.values()];
  }

  /** The package as Node would find it from a folder: the nearest node_modules upwards. */
  #resolve(name: string, from: string): Installed | undefined {
    for (let folder = from; ; folder = path.dirname(folder)) {
      const candidate = path.join(folder, "node_modules", name);
      const known = this.#installed.get(candidate) ?? this.#read(candidate);
      if (known) return known;
      if (path.dirname(folder) === folder) return undefined;
    }
  }

  #read(candidate: string): Installed | undefined {
    let manifest: { name?: string; version?: string; dependencies?: object; optionalDependencies?: object; peerDependencies?: object };
    try {
      manifest = JSON.parse(readFileSync(path.join(candidate, "package.json"), "utf8")) as typeof manifest;
    } catch {
      return undefined;
    }
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
    const known = this.#looked.get(folder);
    if (known) return known;
    const files = listFiles(folder, "");
    const signature = createHash("sha256").update(JSON.stringify(files)).digest("hex");
    const kept = this.#cache.get(`package:${folder}`);
    const looked = kept?.signature === signature ? (JSON.parse(kept.digest) as Looked) : readPackage(folder, files);
    this.#looked.set(folder, looked);
    if (kept?.signature !== signature && isSettled(files)) this.#cache.set(`package:${folder}`, signature, JSON.stringify(looked));
    return looked;
  }
}

/** What the files of a package hold. */
interface Looked {
  readonly digest: Digest;
  /** Packages that its code names. */
  readonly names: readonly string[];
}

function missing(step: string, name: string): never {
  return fail("E_IMPORT", `${step} imports the package "${name}", which is not installed`, { step, remedy: `npm install ${name}` });
}

/** Relative path and signature of each file that may change behaviour, in a stable order. */
function listFiles(folder: string, prefix: string): [file: string, signature: string][] {
  const entries = readdirSync(path.join(folder, prefix), { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  return entries.flatMap((entry): [string, string][] => {
    const relative = prefix ? `${prefix}/${entry.name}` : entry.name;
    if (entry.isDirectory()) return entry.name === "node_modules" || entry.name === ".git" ? [] : listFiles(folder, relative);
    if (inert.test(entry.name)) return [];
    // Links are followed: to files, not to folders, which may lead round in a circle.
    const stats = statSync(path.join(folder, relative), { bigint: true, throwIfNoEntry: false });
    return stats?.isFile() ? [[relative, signatureOf(stats)]] : [];
  });
}

/** Whether the newest change is long enough ago to show in the files' times. */
function isSettled(files: readonly [file: string, signature: string][]): boolean {
  const changed = files.map(([, signature]) => Number(BigInt(signature.split(":")[3]!) / 1_000_000n));
  return changed.every((time) => Date.now() - time > racyMs);
}

const builtins = new Set(builtinModules);

function readPackage(folder: string, files: readonly [file: string, signature: string][]): Looked {
  const hash = createHash("sha256");
  const names = new Set<string>();
  for (const [file] of files) {
    const bytes = readFileSync(path.join(folder, file));
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
