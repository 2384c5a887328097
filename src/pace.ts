import { setImmediate } from "node:timers/promises";

/** The loop is given back after so many ms: a signal that is not heard within about 30 ms is answered by tsx with SIGKILL. */
const longest = 8;

/** Milliseconds of a clock that only goes forward. Node loads all of `perf_hooks` for `performance.now()`. */
export function now(): number {
  return process.uptime() * 1000;
}

/** Between the parts of a command's beginning, which are short each and long together. */
export const rest = pacer();

/** For long work in slices: gives something to wait for where the loop has been held for long, and nothing else. */
export function pacer(): () => Promise<void> | undefined {
  let since = now();
  return () => {
    if (now() - since < longest) return undefined;
    return setImmediate().then(() => {
      since = now();
    });
  };
}

/** For what several begin at once: one after the other, with the loop given back in between where that is due. */
export function inTurn(): () => Promise<void> {
  let last = Promise.resolve();
  return () => (last = last.then(rest));
}
