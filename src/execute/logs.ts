import { createWriteStream, type WriteStream } from "node:fs";
import path from "node:path";
import type { EventEmitter } from "node:events";
import { StringDecoder } from "node:string_decoder";
import type { Mask } from "../mask.ts";
import { readersBehind } from "../outlets.ts";
import { logFolder, noteStart } from "./started.ts";

/** A step's output is kept up to this many bytes; the rest is counted. */
const maxBytes = 64 * 1024 * 1024;
/** A line longer than this many characters is handed on in pieces. */
const maxLine = 64 * 1024;
const newline = 10;

/** The file is there once the step has printed something. */
export function logFile(project: string, run: string, step: string): string {
  return path.join(logFolder(project, run), `${step}.log`);
}

/** @returns the last piece, which is not handed on */
function inPieces(line: string, onLine: (piece: string) => void): string {
  let at = 0;
  for (; line.length - at > maxLine; at += maxLine) onLine(line.slice(at, at + maxLine));
  return line.slice(at);
}

/** A stream of bytes as they come: `data` and `end`. */
export type Printed = Pick<EventEmitter, "on"> & { pause(): unknown; resume(): unknown; isPaused(): boolean };

/** Writes a step's output to its log and hands it on line by line. */
export class StepLog {
  readonly #path: string;
  readonly #flags: "a" | "w";
  /** Most steps print nothing. */
  #file: WriteStream | undefined;
  #bytes = 0;
  #dropped = 0;
  #hurried = false;
  #closed: Promise<void> | undefined;
  readonly #followed: Printed[] = [];
  /** Each keeps what has come of a line that has not ended. */
  readonly #tails: (() => void)[] = [];
  readonly mask: Mask;

  /** @param mask takes secrets out of all that is written and handed on */
  constructor(project: string, run: string, step: string, attempt: number, mask: Mask) {
    this.mask = mask;
    this.#path = logFile(project, run, step);
    this.#flags = attempt > 1 ? "a" : "w";
    noteStart(project, run, step);
    if (attempt > 1) this.#write(`--- attempt ${attempt} ---\n`);
  }

  /** Where what it hands on is not read as fast as the step prints, the step is made to wait. */
  follow(stream: Printed, onLine: (line: string) => void): void {
    this.#followed.push(stream);
    const decoder = new StringDecoder("utf8");
    const masked = this.mask.stream();
    let rest = "";
    let held: Buffer = Buffer.alloc(0);
    const take = (chunk: Buffer) => {
      held = this.#keepLines(held, chunk);
      const lines = (rest + decoder.write(chunk)).split("\n");
      rest = lines.pop()!;
      for (const line of lines) onLine(inPieces(line, onLine));
      rest = inPieces(rest, onLine);
    };
    stream.on("data", (chunk: Buffer) => {
      take(masked.push(chunk));
      this.#holdBack(stream);
    });
    stream.on("end", () => {
      take(masked.end());
      if (rest !== "") onLine(rest);
    });
    // A stream may never end: another process holds it.
    this.#tails.push(() => this.#keep(held));
  }

  /** The step is to end: whoever reads is no longer waited for. */
  hurry(): void {
    this.#hurried = true;
    for (const stream of this.#followed) stream.resume();
  }

  #holdBack(stream: Printed): void {
    const behind = this.#hurried ? undefined : readersBehind();
    if (!behind || stream.isPaused()) return;
    stream.pause();
    void behind.then(() => stream.resume());
  }

  note(text: string): void {
    this.#flush();
    this.#keep(Buffer.from(this.mask.text(text)));
  }

  close(): Promise<void> {
    return (this.#closed ??= this.#close());
  }

  async #close(): Promise<void> {
    this.#flush();
    if (this.#dropped > 0) this.#write(`\n--- ${this.#dropped} further bytes were not kept ---\n`);
    await new Promise<void>((resolve) => (this.#file ? this.#file.end(() => resolve()) : resolve()));
  }

  #flush(): void {
    for (const keep of this.#tails.splice(0)) keep();
  }

  /** Two streams meet in one log: a line that has come in part waits for its end. @returns what waits */
  #keepLines(held: Buffer, chunk: Buffer): Buffer {
    const end = chunk.lastIndexOf(newline) + 1;
    if (end === 0 && held.length + chunk.length <= maxLine) return Buffer.concat([held, chunk]);
    const whole = end === 0 ? chunk.length : end;
    this.#keep(held);
    this.#keep(chunk.subarray(0, whole));
    return chunk.subarray(whole);
  }

  #keep(chunk: Buffer): void {
    if (chunk.length === 0) return;
    if (this.#bytes + chunk.length > maxBytes) {
      this.#dropped += chunk.length;
      return;
    }
    this.#bytes += chunk.length;
    this.#write(chunk);
  }

  #write(text: string | Buffer): void {
    // A full disk must not take the run down by way of a log; the step's own writes report it.
    this.#file ??= createWriteStream(this.#path, { flags: this.#flags, mode: 0o600 }).on("error", () => {});
    this.#file.write(text);
  }
}
