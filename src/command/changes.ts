import { EventEmitter, once } from "node:events";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type FSWatcher, watch } from "chokidar";
import type { Change } from "./watched.ts";

/** Saves come in bursts (an editor's temporary file, a checkout): they are taken together after this much quiet, in ms. */
const quiet = 30;

/** What is never an edit of the pipeline: the engine's own files, packages, the results. */
const ignored = /(?:^|[\\/])(?:\.stepbook|node_modules|\.git)(?:[\\/]|$)|[\\/]data[\\/]experiments\.db(?:-\w+)?$/;

/** Watches folders, not files: a save that renames a new file into place is then seen too. */
export class Changes {
  readonly #arrived = new EventEmitter();
  #batch: Change[] = [];
  #watcher: FSWatcher | undefined;
  #folders = "";

  /** Watches these folders and no others from when this is done; in between nothing is lost. */
  async watch(folders: ReadonlySet<string>): Promise<void> {
    const wanted = [...folders].sort().join("\0");
    if (wanted === this.#folders) return;
    const before = this.#watcher;
    this.#watcher = watch([...folders], { depth: 0, ignoreInitial: true, ignored: (file) => ignored.test(file) });
    this.#watcher.on("all", (event, file) => this.add([{ event, path: path.resolve(file) }]));
    // A folder that cannot be watched does not end the watching of the others.
    this.#watcher.on("error", () => {});
    await once(this.#watcher, "ready");
    this.#folders = wanted;
    await before?.close();
  }

  add(changes: readonly Change[]): void {
    if (changes.length === 0) return;
    this.#batch.push(...changes);
    this.#arrived.emit("change");
  }

  /** What has changed since it was asked last, as soon as there is something and it is quiet. */
  async next(signal: AbortSignal): Promise<Change[]> {
    if (this.#batch.length === 0) await once(this.#arrived, "change", { signal });
    for (let seen = -1; seen !== this.#batch.length; ) {
      seen = this.#batch.length;
      await sleep(quiet, undefined, { signal });
    }
    return this.#batch.splice(0);
  }

  async close(): Promise<void> {
    await this.#watcher?.close();
  }
}
