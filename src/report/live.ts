import type { Event } from "../events.ts";
import type { Failure } from "../errors.ts";
import { Area } from "./area.ts";
import { runningLine } from "./bar.ts";
import { failureLines, linesOf, nameColumns } from "./lines.ts";
import type { Report } from "./report.ts";
import { Running } from "./running.ts";
import type { Sink } from "./sink.ts";
import { Summary } from "./summary.ts";
import { cut } from "./width.ts";

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
  readonly #area: Area;
  #waiting: string[] = [];
  #names = 0;
  #drawnAt = -Infinity;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(stdout: Sink, stderr: Sink) {
    this.#stdout = stdout;
    this.#stderr = stderr;
    this.#area = new Area(stderr);
  }

  event(event: Event): void {
    if (this.#closed) return;
    const { style } = this.#stderr;
    if (event.type === "run.started") this.#names = nameColumns(event.steps, style);
    this.#waiting.push(...linesOf(event, { style, names: this.#names, reasonOf: (step) => this.#running.get(step)?.reason }));
    this.#running.take(event, () => performance.now());
    this.#summary.take(event);
    if (event.type === "run.finished") this.#finish(event);
    else this.#drawSoon();
  }

  failure(failure: Failure): void {
    this.#waiting.push(...failureLines(failure, this.#stderr.style));
    this.#draw();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#flush();
  }

  #finish(finished: Extract<Event, { type: "run.finished" }>): void {
    this.#waiting.push("");
    this.#draw();
    this.#stdout.lines(this.#summary.lines(finished, this.#stdout.style));
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
    this.#area.draw(frame);
    if (frame.length === 0) return;
    if (!this.#closed) this.#drawSoon();
  }

  /** Lines go where the area was; it is drawn again below them. */
  #flush(): void {
    this.#area.clear();
    this.#stderr.lines(this.#waiting);
    this.#waiting = [];
  }

  #frame(): string[] {
    const { style, rows } = this.#stderr;
    const now = performance.now();
    const running = this.#running.all;
    // What is taller than the terminal cannot be drawn over.
    const most = Math.max(1, rows - 2);
    const shown = running.slice(0, running.length > most ? most - 1 : most).map((step) => runningLine(step, now, this.#names, style));
    return running.length > shown.length
      ? [...shown, style.colors.dim(cut(`  and ${running.length - shown.length} more`, style.width))]
      : shown;
  }
}
