import { createHash } from "node:crypto";
import { lstatSync, readdirSync, readFileSync, realpathSync } from "node:fs";
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

/** What cannot change behaviour, so that its change is none. */
const inert = /\.(?:d\.[cm]?ts|map|md|markdown|txt)$|^(?:LICEN[CS]E|CHANGELOG)/i;

/**
 * Hashes installed packages by the bytes of their files, dependencies included: a version number
 * says what was published, not what lies in node_modules. A package whose files kept their size and
 * times is not read again.
 */
export class PackageHasher {
  readonly #project: string;
  readonly #cache: DigestCache;
  readonly #installed = new Map<string, Installed>();
  readonly #digests = new Map<string, Digest>();

  constructor(project: string, cache: DigestCache) {
    this.#project = project;
    this.#cache = cache;
  }

  /**
   * `name@version` → hash, for the packages and all that they depend on.
   * @throws E_IMPORT where a package is not installed
   */
  closure(step: string, names: readonly string[]): Record<string, Digest> {
    const found = new Map<string, Installed>();
    const queue = names.map((name) => this.#resolve(name, this.#project) ?? missing(step, name));
    for (let next = queue.pop(); next; next = queue.pop()) {
      if (found.has(next.folder)) continue;
      found.set(next.folder, next);
      for (const name of [...next.dependencies, ...next.optional]) {
        const dependency = this.#resolve(name, next.folder);
        if (dependency) queue.push(dependency);
      }
    }
    const entries = [...found.values()].map((each) => [each.label, this.#digest(each)] as const);
    return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
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
    const known = this.#digests.get(folder);
    if (known) return known;
    const files = listFiles(folder, "");
    const signature = createHash("sha256").update(JSON.stringify(files)).digest("hex");
    const kept = this.#cache.get(`package:${folder}`);
    const digest = kept?.signature === signature ? kept.digest : hashContents(folder, files);
    this.#digests.set(folder, digest);
    if (kept?.signature !== signature) this.#cache.set(`package:${folder}`, signature, digest);
    return digest;
  }
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
    if (!entry.isFile() || inert.test(entry.name)) return [];
    return [[relative, signatureOf(lstatSync(path.join(folder, relative), { bigint: true }))]];
  });
}

function hashContents(folder: string, files: readonly [file: string, signature: string][]): Digest {
  const hash = createHash("sha256");
  for (const [file] of files) {
    const bytes = readFileSync(path.join(folder, file));
    hash.update(JSON.stringify([file, bytes.length])).update(bytes);
  }
  return hash.digest("hex");
}
