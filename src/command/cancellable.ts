import { exitCodes } from "../errors.ts";
import { Cancellation } from "../execute/cancel.ts";
import { onSignals } from "../execute/signals.ts";

const codes = { SIGINT: exitCodes.interrupt, SIGTERM: exitCodes.terminate, SIGHUP: exitCodes.hangup } as const;

/** Runs work that ends cleanly at a first signal, and at once at a second one; then the exit code is the signal's. */
export async function cancellable(work: (cancellation: Cancellation) => Promise<number>): Promise<number> {
  const cancellation = new Cancellation();
  let code: number | undefined;
  onSignals((signal) => {
    code ??= codes[signal];
    cancellation.request();
  });
  try {
    const done = await work(cancellation);
    return code ?? done;
  } catch (error) {
    if (code !== undefined && (error as Error).name === "AbortError") return code;
    throw error;
  }
}
