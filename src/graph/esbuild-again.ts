import { setImmediate } from "node:timers/promises";
import { stop } from "esbuild";

/** In the words of esbuild, which has no others for it. */
const ended = /^The service (?:was stopped|is no longer running)/;

/**
 * Works with esbuild; where its process ends meanwhile, once more with another: Ctrl-C on a terminal ends it, and a run that is
 * drained, or has to say that it was cancelled, goes on.
 */
export async function withEsbuild<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!ended.test((error as Error).message)) throw error;
    await stop();
    // Whoever else worked with the process that is gone has let go of it, too, then.
    await setImmediate();
    return work();
  }
}
