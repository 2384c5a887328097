import { fstatSync, writeSync } from "node:fs";

/** Where text goes: what a report needs of a stream. */
export interface Output {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
  write(text: string | Uint8Array): unknown;
  on(event: "error", listener: (error: NodeJS.ErrnoException) => void): unknown;
}

/** So much fits into a pipe that nobody reads yet: writing it does not hold the loop. */
const mostAtOnce = 16_384;

/** stdout or stderr. Streams on pipes and files are made when much is written: a run that finds nothing to do spends a tenth of its time on them. */
export function outputOf(name: "stdout" | "stderr"): Output {
  const fd = name === "stdout" ? 1 : 2;
  return mayBeTerminal(fd) ? process[name] : new Descriptor(fd, () => process[name]);
}

function mayBeTerminal(fd: number): boolean {
  try {
    return fstatSync(fd).isCharacterDevice();
  } catch {
    return true;
  }
}

/** A descriptor, and after its first bytes the stream on it. */
class Descriptor implements Output {
  readonly #fd: number;
  readonly #open: () => Output;
  readonly #listeners: ((error: NodeJS.ErrnoException) => void)[] = [];
  #stream: Output | undefined;
  #left = mostAtOnce;

  constructor(fd: number, open: () => Output) {
    this.#fd = fd;
    this.#open = open;
  }

  on(_: "error", listener: (error: NodeJS.ErrnoException) => void): void {
    this.#listeners.push(listener);
    this.#stream?.on("error", listener);
  }

  write(text: string | Uint8Array): void {
    if (this.#stream) return void this.#stream.write(text);
    let bytes = Buffer.from(text as string);
    try {
      while (bytes.length > 0 && bytes.length <= this.#left) {
        const written = writeSync(this.#fd, bytes);
        this.#left -= written;
        bytes = bytes.subarray(written);
      }
    } catch (error) {
      // A pipe that does not wait, and is full.
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") return this.#tell(error as NodeJS.ErrnoException);
    }
    if (bytes.length > 0) this.#switch().write(bytes);
  }

  #switch(): Output {
    this.#stream = this.#open();
    for (const listener of this.#listeners) this.#stream.on("error", listener);
    return this.#stream;
  }

  #tell(error: NodeJS.ErrnoException): void {
    for (const listener of this.#listeners) listener(error);
  }
}
