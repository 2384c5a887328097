import { EventEmitter, once } from "node:events";
import { type FSWatcher, statSync, watch } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Change } from "./watched.ts";

/** What one save is made of (emptied, written, renamed) is taken together after this much quiet, in ms; what is still to come is seen by one more run. */
const quiet = 4;
/** Where a file is empty or not there, what it is to hold is likely to come. */
const quietOfHalf = 30;
/** Where several files are saved (a checkout, all that an editor has open), more of them are likely. */
const quietOfMany = 50;

/** What is never an edit of the pipeline: the engine's own files, packages, the results. */
const ignored = /(?:^|[\\/])(?:\.stepbook|node_modules|\.git)(?:[\\/]|$)|[\\/]data[\\/]experiments\.db(?:-\w+)?$/;

/** Watches folders, not files: a save that renames a new file into place is then seen too. */
export class Changes {
  readonly #arrived = new EventEmitter();
  readonly #watched = new Map<string, FSWatcher>();
  /** Folders that went while they were watched: what comes back under the name is another one. */
  readonly #gone = new Set<string>();
  #batch: Change[] = [];

  /** Watches these folders and no others from when this is done; of one that is another than before, nobody has told what is in it. */
  watch(folders: ReadonlySet<string>): void {
    for (const folder of folders) {
      const before = this.#watched.get(folder);
      const gone = this.#gone.delete(folder);
      if (before && !gone) continue;
      const watcher = watchFolder(folder, (event, name) => this.#hear(folder, event, name));
      if (watcher) this.#watched.set(folder, watcher);
      if (!before) continue;
      before.close();
      this.add([{ event: "rename", path: folder }]);
    }
    for (const [folder, watcher] of this.#watched) {
      if (folders.has(folder)) continue;
      watcher.close();
      this.#watched.delete(folder);
    }
  }

  #hear(folder: string, event: Change["event"], name: string): void {
    // Its own name: it was removed or moved.
    if (event === "rename" && name === path.basename(folder)) this.#gone.add(folder);
    const file = path.join(folder, name);
    if (!ignored.test(file)) this.add([{ event, path: file }]);
  }

  add(changes: readonly Change[]): void {
    if (changes.length === 0) return;
    this.#batch.push(...changes);
    this.#arrived.emit("change");
  }

  /** What has changed since it was asked last, as soon as there is something and it is quiet. */
  async next(signal: AbortSignal): Promise<Change[]> {
    if (this.#batch.length === 0) await once(this.#arrived, "change", { signal });
    for (let seen = -1; seen !== this.#batch.length;) {
      seen = this.#batch.length;
      await sleep(quietFor(this.#batch), undefined, { signal });
    }
    return this.#batch.splice(0);
  }

  close(): void {
    this.watch(new Set());
  }
}

function quietFor(batch: readonly Change[]): number {
  const [{ path: file }] = batch as [Change];
  if (batch.some((change) => change.path !== file)) return quietOfMany;
  return statSync(file, { throwIfNoEntry: false })?.size ? quiet : quietOfHalf;
}

/** One that cannot be watched does not end the watching of the others. */
function watchFolder(folder: string, heard: (event: Change["event"], name: string) => void): FSWatcher | undefined {
  try {
    return watch(folder, (event, name) => heard(event, name ?? "")).on("error", () => {});
  } catch {
    return undefined;
  }
}
