import { now } from "../pace.ts";

/** One Ctrl-C is told several times where npx and tsx stand in between: the terminal tells each of them, and each hands it on. */
const onePress = 300;

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Hears each time that this process is asked to end; the same signal within 300 ms of one that was heard is the same key press. */
export function onSignals(listener: (signal: (typeof signals)[number]) => void): void {
  for (const signal of signals) {
    let heard = -Infinity;
    process.on(signal, () => {
      if (now() - heard < onePress) return;
      heard = now();
      listener(signal);
    });
  }
}
