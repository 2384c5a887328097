import { exitCodes } from "../errors.ts";
import { Cancellation } from "../execute/cancel.ts";

const signals = { SIGINT: exitCodes.interrupt, SIGTERM: exitCodes.terminate, SIGHUP: 129 } as const;

/** Runs work that ends cleanly at a signal; then the exit code is the signal's. */
export async function cancellable(work: (cancellation: Cancellation) => Promise<number>): Promise<number> {
  const cancellation = new Cancellation();
  let code: number | undefined;
  for (const [signal, exit] of Object.entries(signals)) {
    process.on(signal, () => {
      code ??= exit;
      cancellation.request();
    });
  }
  try {
    const done = await work(cancellation);
    return code ?? done;
  } catch (error) {
    if (code !== undefined && (error as Error).name === "AbortError") return code;
    throw error;
  }
}
