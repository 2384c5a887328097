import { EventEmitter } from "node:events";
import type { Readable } from "node:stream";

/** One step's part of what a process that takes several steps prints: up to the mark that is printed after it. */
export class Part extends EventEmitter {
  readonly ended: Promise<void>;
  readonly #whole: Readable;

  constructor(whole: Readable, mark: Buffer) {
    super();
    this.#whole = whole;
    this.ended = new Promise((resolve) => {
      let held: Buffer = Buffer.alloc(0);
      const end = (rest: Buffer) => {
        whole.off("data", take).off("end", stop);
        if (rest.length > 0) this.emit("data", rest);
        this.emit("end");
        resolve();
      };
      const stop = () => end(held);
      const take = (chunk: Buffer) => {
        const all = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
        const at = all.indexOf(mark);
        if (at >= 0) return end(all.subarray(0, at));
        // The mark may have come in part.
        const safe = Math.max(0, all.length - mark.length + 1);
        if (safe > 0) this.emit("data", all.subarray(0, safe));
        held = all.subarray(safe);
      };
      whole.on("data", take).once("end", stop);
    });
  }

  isPaused(): boolean {
    return this.#whole.isPaused();
  }

  pause(): void {
    this.#whole.pause();
  }

  resume(): void {
    this.#whole.resume();
  }
}
