import type { Event } from "../events.ts";
import type { Failure } from "../errors.ts";
import type { StepId } from "../model.ts";
import { progressCount } from "./bar.ts";
import { cleanLine } from "./clean.ts";
import { formatElapsed } from "./format.ts";
import { failureLines, linesOf, nameColumns } from "./lines.ts";
import type { Layout, Report } from "./report.ts";
import { Running } from "./running.ts";
import type { Sink } from "./sink.ts";
import { Summary } from "./summary.ts";

/** Their lines are written together: a reader that gets each by itself is slower than a step that prints, and what it has not read piles up here. */
const inThousands: ReadonlySet<Event["type"]> = new Set(["step.reused", "step.output"]);
/** Between two signs of life of a step that runs long, in ms. */
const heartbeat = 30_000;

/** Line after line, for a pipe, a file, CI or a terminal that can do no more. */
export class PlainReport implements Report {
  readonly #stdout: Sink;
  readonly #stderr: Sink;
  readonly #layout: Layout | undefined;
  readonly #running = new Running();
  readonly #summary = new Summary();
  readonly #beats = new Map<StepId, NodeJS.Timeout>();
  #names = 0;

  constructor(stdout: Sink, stderr: Sink, layout?: Layout) {
    this.#stdout = stdout;
    this.#stderr = stderr;
    this.#layout = layout;
  }

  event(event: Event): void {
    const { style } = this.#stderr;
    if (event.type === "run.started") this.#names = nameColumns(event.steps, style);
    const lines = linesOf(event, { style, names: this.#names, reasonOf: (step) => this.#running.get(step)?.reason });
    const shown = this.#layout ? this.#layout.lines(event, lines) : lines;
    if (inThousands.has(event.type)) this.#stderr.hold(shown.map((line) => `${line}\n`).join(""));
    else this.#stderr.lines(shown);
    this.#running.take(event, () => performance.now());
    this.#summary.take(event);
    this.#keepBeats();
    if (event.type !== "run.finished") return;
    // What is held comes before the result, where both go to one pipe.
    this.#stderr.write("");
    const result = this.#summary.lines(event, this.#stdout.style);
    this.#stdout.lines(this.#layout ? result.map(this.#layout.result) : result);
  }

  failure(failure: Failure): void {
    this.#stderr.lines([...(this.#layout?.failure(failure) ?? []), ...failureLines(failure, this.#stderr.style)]);
  }

  close(): void {
    for (const beat of this.#beats.values()) clearInterval(beat);
    this.#beats.clear();
    this.#stderr.lines(this.#layout?.rest() ?? []);
  }

  /** A beat for each step that runs, and for no other. */
  #keepBeats(): void {
    const running = new Set(this.#running.all.map(({ step }) => step));
    for (const [step, beat] of this.#beats) {
      if (running.has(step)) continue;
      clearInterval(beat);
      this.#beats.delete(step);
    }
    for (const step of running) if (!this.#beats.has(step)) this.#beats.set(step, setInterval(() => this.#beat(step), heartbeat).unref());
  }

  #beat(step: StepId): void {
    const running = this.#running.get(step);
    if (!running) return;
    const { since, progress } = running;
    const label = cleanLine(progress?.label ?? "");
    const how = progress ? `, ${label === "" ? "" : `${label} `}${progressCount(progress)}` : "";
    this.#stderr.lines([`  ${cleanLine(step)} still runs, ${formatElapsed(performance.now() - since)}${how}`]);
  }
}
