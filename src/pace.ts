import { setImmediate } from "node:timers/promises";

/** The loop is given back after so many ms: a signal that is not heard within about 30 ms is answered by tsx with SIGKILL. */
const longest = 8;

/** Between the parts of a command's beginning, which are short each and long together. */
export const rest = pacer();

/** For long work in slices: gives something to wait for where the loop has been held for long, and nothing else. */
export function pacer(): () => Promise<void> | undefined {
  let since = performance.now();
  return () => {
    if (performance.now() - since < longest) return undefined;
    return setImmediate().then(() => {
      since = performance.now();
    });
  };
}
