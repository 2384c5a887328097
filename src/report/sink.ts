import { addOutlet } from "../outlets.ts";
import { colorsFor, type Look } from "./look.ts";

/**
 * A stream that may go away: `| head -1` closes stdout, a closed terminal stderr. The run goes on
 * and what is said no longer reaches anybody.
 */
export class Sink {
  readonly stream: NodeJS.WriteStream;
  readonly #colors: Look["colors"];
  readonly #project: string;
  #held = "";
  #flush: NodeJS.Immediate | undefined;

  constructor(stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv, project: string) {
    this.stream = stream;
    this.#colors = colorsFor(stream, env);
    this.#project = project;
    watch(stream);
  }

  /** Asked each time: a terminal may be resized. */
  get look(): Look {
    return { colors: this.#colors, width: this.stream.isTTY ? this.columns : Infinity, project: this.#project };
  }

  // Some pseudo-terminals say 0.
  get columns(): number {
    return this.stream.columns || 80;
  }

  get rows(): number {
    return this.stream.rows || 24;
  }

  write(text: string): void {
    clearImmediate(this.#flush);
    this.#flush = undefined;
    const whole = this.#held + text;
    this.#held = "";
    if (whole === "" || broken.has(this.stream)) return;
    try {
      this.stream.write(whole);
    } catch {
      broken.add(this.stream);
    }
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
