import type { Event } from "../events.ts";
import type { StepId } from "../model.ts";

/** A step of the run that goes on in this process. */
export interface LiveStep {
  readonly state: "running" | "retrying";
  readonly since: number;
  readonly attempt: number;
  readonly reason: string;
  readonly progress?: { readonly label: string; readonly done: number; readonly total: number | null };
}

/** Lines that a running step has printed, each with the place in its log where it ends. */
export interface LogNotice {
  readonly type: "log";
  readonly run: string;
  readonly step: StepId;
  readonly from: number;
  readonly lines: readonly (readonly [line: string, end: number])[];
}

/** What viewers are told: that pages show something else now, or how far a step is. */
export type Notice =
  | { readonly type: "change" }
  | LogNotice
  | { readonly type: "progress"; readonly step: StepId; readonly label: string; readonly done: number; readonly total: number | null };

type Listener = (notice: Notice) => void;

/** ms between two changes that are told. */
const between = 20;

/** What goes on now, and all who watch it. */
export class Live {
  readonly #listeners = new Set<Listener>();
  readonly #hearers = new Set<(event: Event) => void>();
  readonly #steps = new Map<StepId, LiveStep>();
  #run: string | null = null;
  #waiting = false;
  #version = 0;
  #told = -Infinity;
  #later: NodeJS.Timeout | undefined;

  get run(): string | null {
    return this.#run;
  }

  /** Another runner works in the folder, and this one's run waits for it. */
  get waiting(): boolean {
    return this.#waiting;
  }

  /** Another number whenever pages show something else. */
  get version(): number {
    return this.#version;
  }

  get viewers(): number {
    return this.#listeners.size;
  }

  /** Those that run now. */
  get steps(): readonly StepId[] {
    return [...this.#steps.keys()];
  }

  step(id: StepId): LiveStep | undefined {
    return this.#steps.get(id);
  }

  watch(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Hears each event of this server's run as it is. */
  hear(hearer: (event: Event) => void): () => void {
    this.#hearers.add(hearer);
    return () => void this.#hearers.delete(hearer);
  }

  /** Told at once, then no more often than pages can follow: a burst of events is one change and one more. */
  changed(): void {
    this.#version++;
    if (this.#later) return;
    const wait = this.#told + between - performance.now();
    if (wait <= 0) return this.#tellChange();
    this.#later = setTimeout(() => this.#tellChange(), wait);
    this.#later.unref();
  }

  #tellChange(): void {
    this.#later = undefined;
    this.#told = performance.now();
    this.#tell({ type: "change" });
  }

  printed(notice: LogNotice): void {
    this.#tell(notice);
  }

  take(event: Event): void {
    for (const hearer of this.#hearers) hearer(event);
    if (event.type === "step.progress") return this.#progress(event);
    if (event.type === "step.output") return;
    if (event.type === "run.waiting") this.#waiting = true;
    if (event.type === "run.started") {
      this.#waiting = false;
      this.#run = event.run;
    }
    if (event.type === "run.finished") this.ended(event.run);
    if (event.type === "step.started") this.#started(event);
    if (event.type === "step.retrying") this.#change(event.step, { state: "retrying", attempt: event.attempt });
    if (event.type === "step.ran" || event.type === "step.failed" || event.type === "step.skipped" || event.type === "step.cancelled")
      this.#steps.delete(event.step);
    this.changed();
  }

  /** However a run ended, null: before it began. The next one may go on already: the end of a run is told when the mirror has its say. */
  ended(run: string | null): void {
    this.#waiting = false;
    if (run !== this.#run) return;
    this.#run = null;
    this.#steps.clear();
  }

  #started({ step, attempt, reason }: Extract<Event, { type: "step.started" }>): void {
    const since = this.#steps.get(step)?.since ?? Date.now();
    this.#steps.set(step, { state: "running", since, attempt, reason: reason.text });
  }

  #progress({ step, label, done, total }: Extract<Event, { type: "step.progress" }>): void {
    const first = this.#steps.get(step)?.progress === undefined;
    this.#change(step, { progress: { label, done, total } });
    if (first) this.changed();
    else this.#tell({ type: "progress", step, label, done, total });
  }

  #change(step: StepId, change: Partial<LiveStep>): void {
    const before = this.#steps.get(step);
    if (before) this.#steps.set(step, { ...before, ...change });
  }

  #tell(notice: Notice): void {
    for (const listener of this.#listeners) listener(notice);
  }
}
