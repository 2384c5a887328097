import type { createLogUpdate } from "log-update";
import type { Event } from "../events.ts";
import type { Failure } from "../errors.ts";
import { runningLine } from "./bar.ts";
import { failureLines, linesOf, nameColumns } from "./lines.ts";
import type { Report } from "./report.ts";
import { Running } from "./running.ts";
import type { Sink } from "./sink.ts";
import { Summary } from "./summary.ts";
import { cut } from "./width.ts";

let drawing: typeof createLogUpdate | undefined;

/** What draws over itself: the largest part of this view, and of no use before a step runs. */
export async function loadDrawing(): Promise<void> {
  drawing = (await import("log-update")).createLogUpdate;
}

/** Least time between two drawings, in ms. */
const interval = 100;

/**
 * A terminal: what is done stays as lines; below them, the steps that run are drawn anew.
 * Lines wait for the next drawing, so that a talkative step costs ten writes a second and no more.
 */
export class LiveReport implements Report {
  readonly #stdout: Sink;
  readonly #stderr: Sink;
  readonly #running = new Running();
  readonly #summary = new Summary();
  /** Loaded when there is something to draw: where nothing runs, there never is. */
  #area: ReturnType<typeof createLogUpdate> | undefined;
  #loading: Promise<void> | undefined;
  #waiting: string[] = [];
  #names = 0;
  #drawnAt = -Infinity;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(stdout: Sink, stderr: Sink) {
    this.#stdout = stdout;
    this.#stderr = stderr;
    this.#area = this.#makeArea();
  }

  event(event: Event): void {
    if (this.#closed) return;
    const { look } = this.#stderr;
    if (event.type === "run.started") this.#names = nameColumns(event.steps, look);
    this.#waiting.push(...linesOf(event, { look, names: this.#names, reasonOf: (step) => this.#running.get(step)?.reason }));
    this.#running.take(event, performance.now());
    this.#summary.take(event);
    if (event.type === "run.finished") this.#finish(event);
    else this.#drawSoon();
  }

  failure(failure: Failure): void {
    this.#waiting.push(...failureLines(failure, this.#stderr.look));
    this.#draw();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#flush();
    this.#area?.done();
  }

  #finish(finished: Extract<Event, { type: "run.finished" }>): void {
    this.#waiting.push("");
    this.#draw();
    this.#stdout.lines(this.#summary.lines(finished, this.#stdout.look));
  }

  #drawSoon(): void {
    if (this.#timer) return;
    const wait = Math.max(0, this.#drawnAt + interval - performance.now());
    this.#timer = setTimeout(() => this.#draw(), wait);
    this.#timer.unref();
  }

  #draw(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#drawnAt = performance.now();
    if (this.#waiting.length > 0) this.#flush();
    const frame = this.#frame();
    if (frame.length === 0) return this.#area?.clear();
    if (this.#area) this.#area(frame.join("\n"));
    else this.#loading ??= this.#load();
    if (!this.#closed) this.#drawSoon();
  }

  async #load(): Promise<void> {
    await loadDrawing();
    if (!this.#closed) this.#area = this.#makeArea();
  }

  // The cursor stays: a killed runner could not bring it back.
  #makeArea(): ReturnType<typeof createLogUpdate> | undefined {
    return drawing?.(screen(this.#stderr), { showCursor: true });
  }

  /** Lines go where the area was; it is drawn again below them. */
  #flush(): void {
    this.#area?.clear();
    this.#stderr.lines(this.#waiting);
    this.#waiting = [];
  }

  #frame(): string[] {
    const { look, rows } = this.#stderr;
    const now = performance.now();
    const running = this.#running.all;
    // What is taller than the terminal cannot be drawn over.
    const most = Math.max(1, rows - 2);
    const shown = running.slice(0, running.length > most ? most - 1 : most).map((step) => runningLine(step, now, this.#names, look));
    return running.length > shown.length ? [...shown, look.colors.dim(cut(`  and ${running.length - shown.length} more`, look.width))] : shown;
  }
}

/** The stream as log-update wants it, behind the sink's guard. */
function screen(sink: Sink): NodeJS.WritableStream {
  const stream = {
    isTTY: true,
    get columns() {
      return sink.columns;
    },
    get rows() {
      return sink.rows;
    },
    write: (text: string) => sink.write(text),
  };
  return stream as unknown as NodeJS.WritableStream;
}
