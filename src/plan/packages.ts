import { realpathSync } from "node:fs";
import path from "node:path";
import { fail } from "../errors.ts";
import { readNeed } from "../graph/package-names.ts";
import { realOf } from "../kernel-path.ts";
import type { Digest } from "../model.ts";
import { pacer } from "../pace.ts";
import type { DigestCache } from "../store/files.ts";
import { isSettled, listFiles, type Looked, readManifest, readPackage, signatureOfAll } from "./package-files.ts";

/** A package as it is installed. */
interface Installed {
  readonly folder: string;
  readonly label: string;
  readonly dependencies: readonly string[];
  readonly optional: readonly string[];
}

/** No package's name holds this. */
const isFolder = /(?:^|\/)node_modules\//;
/** The engine is part of every fingerprint by its own digest. */
const engine = "stepbook";

/**
 * Hashes installed packages by the bytes of their files, dependencies included: a version number
 * says what was published, not what lies in node_modules. A package whose files kept their size and
 * times is not read again.
 */
export class PackageHasher {
  readonly #project: string;
  /** Where it really lies. */
  readonly #place: string;
  readonly #cache: DigestCache;
  readonly #installed = new Map<string, Installed>();
  readonly #looked = new Map<string, Looked>();
  /** Folder → what its files looked like. */
  readonly #signatures = new Map<string, string>();

  constructor(project: string, cache: DigestCache) {
    this.#project = project;
    this.#place = realOf(project);
    this.#cache = cache;
  }

  /**
   * `name@version` → hash, for the packages and all that they depend on. Where several of that name and version are installed, each with its folder.
   * @throws E_IMPORT where a package is not installed
   */
  async closure(step: string, names: readonly string[]): Promise<Record<string, Digest>> {
    await this.#prepare(step, names);
    const reached = this.#reached(step, names);
    const copies = new Map<string, number>();
    for (const { label } of reached) copies.set(label, (copies.get(label) ?? 0) + 1);
    const labelOf = ({ label, folder }: Installed) =>
      copies.get(label) === 1 ? label : `${label} ${path.relative(this.#project, folder)}`;
    const entries = reached.map((each) => [labelOf(each), this.#digest(each)] as const);
    return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** The folders of those packages, as Node finds them and as they really lie. Their closure was asked for before. */
  folders(step: string, names: readonly string[]): string[] {
    const reached = new Set(this.#reached(step, names).map(({ folder }) => folder));
    return [...reached, ...[...this.#installed].filter(([, { folder }]) => reached.has(folder)).map(([candidate]) => candidate)];
  }

  /** Whether one of them is another one by now than it was when it was first asked for. */
  async moved(step: string, names: readonly string[]): Promise<boolean> {
    try {
      const reached = new Set(this.#reached(step, names).map(({ folder }) => folder));
      if ([...this.#installed].some(([candidate, { folder }]) => reached.has(folder) && realOf(candidate) !== folder)) return true;
      const pace = pacer();
      for (const folder of reached)
        if ((await signatureOfAll(await this.files(folder, pace), pace)) !== this.#signatures.get(folder)) return true;
      return false;
    } catch {
      return true; // One is gone, or one has come that was not looked at.
    }
  }

  /** Relative path and signature of each file that counts to a package. */
  files(folder: string, pace = pacer()): ReturnType<typeof listFiles> {
    return listFiles(folder, this.#place, pace);
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
    return names.map(readNeed).flatMap(({ name, needed }) => this.#own(name) ?? (needed ? missing(step, name) : []));
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
    const files = await this.files(folder, pace);
    const signature = await signatureOfAll(files, pace);
    const kept = this.#cache.get(`package:${folder}`);
    const looked = kept?.signature === signature ? (JSON.parse(kept.digest) as Looked) : await readPackage(folder, files, pace);
    this.#looked.set(folder, looked);
    this.#signatures.set(folder, signature);
    if (kept?.signature !== signature && isSettled(files)) this.#cache.set(`package:${folder}`, signature, JSON.stringify(looked));
  }
}

function missing(step: string, name: string): never {
  return fail("E_IMPORT", `${step} imports the package "${name}", which is not installed`, { step, remedy: `npm install ${name}` });
}
