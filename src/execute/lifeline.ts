import { Worker } from "node:worker_threads";
import { sabotaged } from "../sabotage.ts";

/** The file descriptor of the pipe whose other end the runner holds. */
export const lifelineFd = 3;

// A thread of its own, so that it acts even while the step's main thread is busy. A socket and not
// a blocking read: that would hold up every exit.
const watch = `
  const { Socket } = require("node:net");
  const pipe = new Socket({ fd: ${lifelineFd}, readable: true, writable: false });
  pipe.on("error", () => {});
  pipe.on("close", () => process.kill(-process.pid, "SIGKILL"));
  pipe.resume();
`;

/** Ends this process and its children when the runner is gone, however that died. */
export function holdLifeline(): void {
  SABOTAGE: if (sabotaged("no-lifeline")) return;
  new Worker(watch, { eval: true, stdout: false, stderr: false }).unref();
}

/** Ends this process and all that it started. */
export function endGroup(): void {
  SABOTAGE: if (sabotaged("no-lifeline")) return;
  process.kill(-process.pid, "SIGKILL");
}
