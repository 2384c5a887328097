import { fstatSync, writeSync } from "node:fs";
import { addOutlet } from "../outlets.ts";
import { colorsFor, type Style } from "./style.ts";

/** So much fits into a pipe that nobody reads yet: to write it does not hold the loop. */
const mostAtOnce = 16 * 1024;

/**
 * A stream that may go away: `| head -1` closes stdout, a closed terminal stderr. The run goes on
 * and what is said no longer reaches anybody.
 */
export class Sink {
  readonly #open: () => NodeJS.WriteStream;
  readonly #env: NodeJS.ProcessEnv;
  readonly #project: string;
  #stream: NodeJS.WriteStream | undefined;
  #colors: Style["colors"] | undefined;
  #left: number;
  readonly #fd: number;
  #held = "";
  #flush: NodeJS.Immediate | undefined;

  /**
   * @param fd of the stream, where it may be written to by itself: a run that finds nothing to do would spend a tenth of its time on
   *   making streams of a pipe or a file. They are made when more is written than fits
   */
  constructor(open: () => NodeJS.WriteStream, env: NodeJS.ProcessEnv, project: string, fd = -1) {
    this.#open = open;
    this.#env = env;
    this.#project = project;
    this.#fd = fd;
    this.#left = mayBeTerminal(fd) ? 0 : mostAtOnce;
    if (this.#left === 0) this.#made();
  }

  get isTTY(): boolean {
    return this.#stream?.isTTY === true;
  }

  /** Asked each time: a terminal may be resized. */
  get style(): Style {
    this.#colors ??= colorsFor(this, this.#env);
    return { colors: this.#colors, width: this.isTTY ? this.columns : Infinity, project: this.#project };
  }

  // Some pseudo-terminals say 0.
  get columns(): number {
    return this.#stream?.columns || 80;
  }

  get rows(): number {
    return this.#stream?.rows || 24;
  }

  write(text: string): void {
    clearImmediate(this.#flush);
    this.#flush = undefined;
    const whole = this.#held + text;
    this.#held = "";
    if (whole === "") return;
    const rest = this.#stream ? whole : this.#writeAtOnce(Buffer.from(whole));
    if (rest.length > 0) this.#writeTo(this.#made(), rest);
  }

  /** @returns what did not fit */
  #writeAtOnce(bytes: Buffer): Buffer {
    if (bytes.length > this.#left) return bytes;
    this.#left -= bytes.length;
    try {
      return bytes.subarray(writeSync(this.#fd, bytes));
    } catch {
      // A pipe that does not wait, and is full; or nobody reads: the stream tells.
      return bytes;
    }
  }

  #writeTo(stream: NodeJS.WriteStream, what: string | Buffer): void {
    if (broken.has(stream)) return;
    try {
      stream.write(what);
    } catch {
      broken.add(stream);
    }
  }

  #made(): NodeJS.WriteStream {
    this.#stream ??= this.#open();
    watch(this.#stream);
    return this.#stream;
  }

  /** Leaves with what is written next, or by itself a little later: a thousand short lines are one piece of work. */
  hold(text: string): void {
    this.#flush ??= setImmediate(() => this.write(""));
    this.#held += text;
  }

  lines(lines: readonly string[]): void {
    if (lines.length > 0) this.write(`${lines.join("\n")}\n`);
  }
}

function mayBeTerminal(fd: number): boolean {
  try {
    return fd < 0 || fstatSync(fd).isCharacterDevice();
  } catch {
    return true;
  }
}

/** The reader has gone, which is its good right. */
const quiet = new Set(["EPIPE", "EIO", "ERR_STREAM_DESTROYED", "ERR_STREAM_WRITE_AFTER_END"]);
const watched = new WeakSet<NodeJS.WriteStream>();
const broken = new WeakSet<NodeJS.WriteStream>();

/** For as long as the stream lives: the error of a write may come long after it. */
function watch(stream: NodeJS.WriteStream): void {
  if (watched.has(stream)) return;
  watched.add(stream);
  addOutlet(stream);
  stream.on("error", (error: NodeJS.ErrnoException) => {
    broken.add(stream);
    if (!quiet.has(error.code ?? "")) process.emitWarning(`what is printed is lost: ${error.message}`);
  });
}
