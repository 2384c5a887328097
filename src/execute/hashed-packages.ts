import path from "node:path";
import { inert } from "../graph/package-names.ts";
import { realOf } from "../kernel-path.ts";

/** The packages that a step reaches: all their files are part of the fingerprint, but some. */
export class HashedPackages {
  readonly #folders: readonly string[];
  readonly #project: string;
  /** Those around the project: what is listed of them leaves it out. */
  readonly #around: ReadonlySet<string>;
  /** Folder of code → where it really lies. */
  readonly #real = new Map<string, string>();

  constructor(folders: readonly string[], project: string) {
    this.#folders = folders.map((folder) => folder + path.sep);
    this.#project = realOf(project) + path.sep;
    const isAround = this.#folders.some((folder) => this.#project.startsWith(folder));
    this.#around = new Set(isAround ? this.#folders.filter((folder) => this.#project.startsWith(realOf(folder) + path.sep)) : []);
  }

  /** Whether the file is one that the fingerprint holds. */
  has(file: string): boolean {
    return this.#folders.some((folder) => file.startsWith(folder) && this.#isHashed(file, folder));
  }

  #isHashed(file: string, folder: string): boolean {
    const name = file.slice(folder.length);
    if (/(?:^|[\\/])(?:node_modules|\.git)[\\/]/.test(name) || inert.test(name)) return false;
    if (this.#around.has(folder) && realOf(file).startsWith(this.#project)) return false;
    // What lies in a linked folder is not: of code, which may be thousands of files, each folder is asked once.
    const real = /\.(?:[cm]?js|json|node|wasm)$/.test(name) ? this.#realFolder(path.dirname(file)) : realOf(file);
    return this.#folders.some((each) => real.startsWith(each));
  }

  #realFolder(folder: string): string {
    const real = this.#real.get(folder) ?? realOf(folder) + path.sep;
    this.#real.set(folder, real);
    return real;
  }
}
