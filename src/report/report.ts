import type { Failure } from "../errors.ts";
import type { Event } from "../events.ts";

/** Tells a run: progress on stderr, the result on stdout. */
export interface Report {
  event(event: Event): void;
  /** What went wrong outside the steps. */
  failure(failure: Failure): void;
  /** Leaves the terminal as a program should; call it however the run ended. */
  close(): void;
}

/** Where the lines of a step go: at once, or kept together until it ends. */
export interface Layout {
  lines(event: Event, lines: readonly string[]): string[];
  failure(failure: Failure): string[];
  /** What has been kept and not shown. */
  rest(): string[];
  /** The last word on a line, for whoever reads commands out of them. */
  result(line: string): string;
}
