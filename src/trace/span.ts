import { createHash, randomBytes } from "node:crypto";

export type Value = string | number | boolean;

export interface Span {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | null;
  /** Milliseconds. */
  readonly start: number;
  readonly end: number;
  readonly attributes: Readonly<Record<string, Value>>;
  /** What went wrong; null: nothing. */
  readonly error: string | null;
}

/** A run's trace can be found by its id: so it is made of it. */
export function traceIdOf(run: string): string {
  return createHash("sha256").update(run).digest("hex").slice(0, 32);
}

export function newSpanId(): string {
  return randomBytes(8).toString("hex");
}
