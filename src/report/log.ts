import type { Failure } from "../errors.ts";
import type { Event } from "../events.ts";
import { countOf, formatDuration } from "./format.ts";

/** What a line of the log is about. */
export interface About {
  readonly schedule?: string;
  readonly slot?: string;
  readonly run?: string;
  readonly step?: string;
}

export type Level = "info" | "warn" | "error";

interface Logged extends About {
  readonly level: Level;
  readonly msg: string;
  readonly [more: string]: unknown;
}

/** One line of JSON, as collectors of logs read it. */
export function logLine({ level, msg, ...more }: Logged, now = new Date()): string {
  const text = JSON.stringify({ level, time: now.toISOString(), msg, ...more });
  return `${text.replace(/[\x7f-\x9f\u2028\u2029]/g, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`)}\n`;
}

/** What a log keeps of an event; undefined: it is of the moment only. */
export function logOf(event: Event): Logged | undefined {
  switch (event.type) {
    case "run.started":
      return {
        level: "info",
        msg: `run ${event.run} of ${countOf(event.steps.length, "step")} starts`,
        run: event.run,
        trigger: event.info.trigger,
      };
    case "run.waiting":
      return { level: "info", msg: `waits for another runner in this folder (process ${event.owner.pid})` };
    case "run.recovered":
      return { level: "warn", msg: `${countOf(event.runs.length, "run")} ended without a word: ${event.runs.join(", ")}` };
    case "run.warned":
      return { level: "warn", msg: event.message, run: event.run };
    case "run.finished":
      return {
        level: event.status === "failed" ? "error" : "info",
        msg: `run ${event.run} ${event.status} in ${formatDuration(event.ms)}`,
        run: event.run,
        status: event.status,
        ms: event.ms,
      };
    case "model.saved":
      return { level: "info", msg: `model ${event.name} v${event.version}`, run: event.run, step: event.step };
    default:
      return "step" in event ? logOfStep(event) : undefined;
  }
}

function logOfStep(event: Extract<Event, { step: string }>): Logged | undefined {
  const about = { run: event.run, step: event.step };
  switch (event.type) {
    case "step.started":
      return { level: "info", msg: `${event.step} starts: ${event.reason.text}`, ...about, attempt: event.attempt };
    case "step.output":
      return { level: "info", msg: event.line, ...about, stream: event.stream };
    case "step.reused":
      return { level: "info", msg: `${event.step} reused`, ...about, from: event.from };
    case "step.ran":
      return { level: "info", msg: `${event.step} ran in ${formatDuration(event.ms)}`, ...about, ms: event.ms, attempts: event.attempts };
    case "step.warned":
      return { level: "warn", msg: event.message, ...about };
    case "step.retrying":
      return {
        level: "warn",
        msg: `${event.step} failed, attempt ${event.attempt} follows: ${event.failure.message}`,
        ...about,
        attempt: event.attempt,
        code: event.failure.code,
      };
    case "step.failed":
      return {
        level: "error",
        msg: `${event.step} failed: ${event.failure.message}`,
        ...about,
        ms: event.ms,
        attempts: event.attempts,
        ...detail(event.failure),
      };
    case "step.skipped":
      return { level: "info", msg: `${event.step} skipped: ${event.reason.text}`, ...about };
    case "step.cancelled":
      return { level: "warn", msg: `${event.step} cancelled`, ...about, ms: event.ms };
    default:
      return undefined;
  }
}

/** What a failure has beside its message. */
export function detail({ code, remedy, place, stack }: Failure): Record<string, unknown> {
  return { code, ...(remedy ? { remedy } : {}), ...(place ? { place } : {}), ...(stack ? { stack } : {}) };
}
