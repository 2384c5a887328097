import fs from "node:fs";
import path from "node:path";
import type { Digest } from "../model.ts";
import { lookAt } from "../store/look.ts";
import type { Listing } from "./protocol.ts";

// The unwrapped functions: what is looked up here is not read by the step.
const { readdirSync, readlinkSync } = fs;

/** What a step itself has changed in the file system: reading that is not reading the outside world. */
export class OwnChanges {
  readonly #own = new Set<string>();
  /** What it made and wrote, and all folders above. */
  readonly #changed = new Set<string>();
  /** Links that it made: what is read through one is not its own. */
  readonly #links = new Set<string>();
  /** Kind and path of its listings, and what lay in the folder when it first did. */
  readonly #listed = new Map<
    string,
    { readonly kind: Listing; readonly path: string; readonly names: ReadonlySet<string>; readonly digest: Digest | null }
  >();

  written(file: string): void {
    this.#own.add(file);
    this.#links.delete(file);
    this.made(file);
  }

  linked(link: string): void {
    this.written(link);
    this.#links.add(link);
  }

  /** What lies in a folder need not be the step's own. */
  made(file: string): void {
    addWithFolders(this.#changed, file);
  }

  has(file: string): boolean {
    return this.#own.has(file);
  }

  /** Where a path leads that goes through a link of the step's own; one link at a time. */
  behindLinks(file: string): string {
    if (this.#links.size === 0) return file;
    for (let at = file; at !== path.dirname(at); at = path.dirname(at)) {
      if (!this.#links.has(at)) continue;
      try {
        const target = path.resolve(path.dirname(at), readlinkSync(at));
        return target === at ? file : target + file.slice(at.length);
      } catch {
        return file; // It was not made, or is no longer a link.
      }
    }
    return file;
  }

  /** @param file the folder, or a pattern for names in it */
  listed(kind: Listing, file: string, digest: Digest | null): void {
    const key = `${kind} ${file}`;
    if (!this.#listed.has(key)) this.#listed.set(key, { kind, path: file, names: namesIn(listedFolder(kind, file)), digest });
  }

  /**
   * How to keep folders that the step listed and changed: as they are now, unless something came or went that is not its own, which it
   * may not have seen.
   */
  *listings(): Generator<{ kind: Listing; path: string; digest: Digest | null }> {
    for (const { kind, path: file, names: before, digest } of this.#listed.values()) {
      const folder = listedFolder(kind, file);
      if (!this.#changed.has(folder)) continue;
      const now = namesIn(folder);
      const differing = [...new Set([...before, ...now])].filter((name) => before.has(name) !== now.has(name));
      yield {
        kind,
        path: file,
        digest: differing.every((name) => this.#changed.has(path.join(folder, name))) ? lookAt(kind, file) : digest,
      };
    }
  }
}

function listedFolder(kind: Listing, file: string): string {
  return kind === "match" ? path.dirname(file) : file;
}

/** Adds the path and all folders above. */
export function addWithFolders(changed: Set<string>, file: string): void {
  for (let each = file; !changed.has(each); each = path.dirname(each)) changed.add(each);
}

function namesIn(folder: string): Set<string> {
  try {
    return new Set(readdirSync(folder));
  } catch {
    return new Set();
  }
}
