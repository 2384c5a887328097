import { sayBehind, sayError, showThrown } from "./causes.ts";
import type { Excerpt, Place } from "./model.ts";

/** Exit codes of the command, by what went wrong. */
export const exitCodes = { done: 0, stepFailed: 1, usage: 2, graph: 3, check: 4, hangup: 129, interrupt: 130, terminate: 143 } as const;

/**
 * Code → exit code. A code names a kind of failure for good: scripts may match it.
 * E_STEP_* happen while a step runs; E_GRAPH_* before anything runs.
 */
const kinds = {
  E_USAGE: 2,
  E_PARAM_UNKNOWN: 2,
  E_PARAM_VALUE: 2,
  E_NOT_FOUND: 2,
  E_NO_STEPS: 3,
  E_STEP_NAME: 3,
  E_SYNTAX: 3,
  E_IMPORT: 3,
  E_IMPORT_ORDER: 3,
  E_MISSING_EXPORT: 3,
  E_COMPUTED_IMPORT: 3,
  E_CONFIG: 3,
  E_EXPERIMENTS_SQL: 3,
  E_LOCKED: 3,
  E_STATE_CORRUPT: 3,
  E_STATE_NEWER: 3,
  E_READ_ONLY: 3,
  E_INSTALL: 3,
  E_STEP_THREW: 1,
  E_STEP_EXIT: 1,
  E_STEP_KILLED: 1,
  E_STEP_TIMEOUT: 1,
  E_STEP_MEMORY: 1,
  E_STEP_UNSETTLED: 1,
  E_UNSTORABLE: 1,
  E_INPUT_MUTATED: 1,
  E_CSV: 1,
  E_SECRET: 1,
  E_FILE: 1,
  E_SQL: 1,
  E_DISK_FULL: 1,
  E_ARTIFACT: 1,
  E_DECODE: 1,
  E_CHECK: 4,
  E_SCHEDULE: 3,
  E_DATABASE: 1,
  E_INTERNAL: 1,
} as const;

type ErrorCode = keyof typeof kinds;

/** Everything that may be said of a failure; plain data, so that it crosses processes. */
export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
  /** What to do about it. */
  readonly remedy?: string;
  readonly step?: string;
  readonly place?: Place;
  /** The param that it is about: a form tells it beside its field. */
  readonly param?: string;
  /** Stack at the TypeScript lines, frames of the engine left out. */
  readonly stack?: string;
  /** The lines around the place, as they were when a step failed there. */
  readonly excerpt?: Excerpt;
  /** The code of the step that failed, in .stepbook/bundles. */
  readonly bundle?: string;
}

/** An expected failure, with its code, place and remedy. */
export class StepbookError extends Error {
  readonly failure: Failure;

  constructor(failure: Failure, options?: ErrorOptions) {
    super(failure.message, options);
    this.name = "StepbookError";
    this.failure = failure;
  }
}

export function fail(code: ErrorCode, message: string, more: Omit<Failure, "code" | "message"> = {}, cause?: unknown): never {
  throw new StepbookError({ code, message, ...more }, cause === undefined ? undefined : { cause });
}

export function exitCodeOf(failure: Failure): number {
  return kinds[failure.code];
}

/** What to do about a damaged state file, wherever that is noticed. */
export const damagedState =
  "`doctor --rebuild` makes it anew from the records beside it and keeps the damaged file; or move it away (mv .stepbook/state.db state.damaged.db) and run again: steps are then computed anew";

/** Any thrown thing as a failure; what is not ours keeps its message under the given code. */
export function toFailure(thrown: unknown, code: ErrorCode = "E_INTERNAL"): Failure {
  // By name, not instanceof: the step API and the engine may be two copies of this module.
  if (thrown instanceof Error && thrown.name === "StepbookError") return (thrown as StepbookError).failure;
  // A step may have a database of its own.
  if (code === "E_INTERNAL" && thrown instanceof Error && /^SQLITE_(?:CORRUPT|NOTADB)/.test(String((thrown as { code?: unknown }).code))) {
    return { code: "E_STATE_CORRUPT", message: `.stepbook/state.db is damaged (${thrown.message})`, remedy: damagedState };
  }
  if (code === "E_INTERNAL" && /^E[MN]FILE$/.test(String((thrown as NodeJS.ErrnoException | undefined)?.code)))
    return noMoreFiles().failure;
  if (thrown instanceof Error) {
    return { code, message: [sayError(thrown), ...sayBehind(thrown)].join("\n"), ...(thrown.stack ? { stack: thrown.stack } : {}) };
  }
  return { code, message: `thrown: ${showThrown(thrown)}` };
}

/** The process, or the machine, has as many files open as it may. */
export function noMoreFiles(): StepbookError {
  return new StepbookError({
    code: "E_FILE",
    message: "no more files can be opened here",
    remedy: "raise the limit (`ulimit -n` shows it), or run fewer steps at a time (--jobs)",
  });
}

/** `steps/20_split.ts:12:5`, as far as it is known. */
export function showPlace(place: Place): string {
  return [place.file, place.line, place.column].filter((part) => part !== undefined).join(":");
}
