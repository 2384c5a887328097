const key = Symbol.for("stepbook.skip");

/**
 * Ends the step here as skipped, and with it the steps that need its exports. Never returns.
 * @example if (rows.length === 0) skip("nothing new since yesterday");
 */
export function skip(reason: string): never {
  const thrown: Error & { [key]?: string } = new Error(`skipped: ${reason}`);
  thrown.name = "Skip";
  thrown[key] = reason;
  throw thrown;
}

/** For the engine: the reason, where what was thrown is a {@link skip}. */
export function skipReason(thrown: unknown): string | undefined {
  return thrown instanceof Error ? (thrown as { [key]?: string })[key] : undefined;
}
