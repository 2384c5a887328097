import type { EventEmitter } from "node:events";
import { performance } from "node:perf_hooks";
import { clearInterval, setImmediate, setInterval } from "node:timers";
import { fail, type Failure } from "../errors.ts";

/*
 * How a step's module ends: as Node has it for a script, where what the module left behind may go on.
 */

/** Something open in which nothing happens for this long, in ms, has most likely been forgotten: a server, an interval, a connection. */
const grace = 2000;
/** Below this share of busy time the process counts as idle: an interval that only looks or prints stays below it. */
const busy = 0.01;
/** What ends by itself: processes, and requests to the system. */
const work = /Process|Req/;
/** Warn after this many idle periods. */
const patience = 3;

// As it is before it is watched: this timer ends with the step.
const example = setInterval(() => {}, grace);
clearInterval(example);
const { unref } = Object.getPrototypeOf(example) as { unref(): void };

let threads = 0;

/** A thread that the step has begun goes on until it ends: Node does not list it. */
export function holdThread(thread: EventEmitter): void {
  threads++;
  thread.once("exit", () => threads--);
}

/**
 * Lets what the module did not await come to its end.
 * @param untilDone whether what is open is waited for however long nothing happens in it, as Node does
 * @param idle is told once what is open, where such a step does nothing for long
 * @returns what was still open in the end; undefined: nothing
 */
export function drained(untilDone: boolean, idle: (open: string) => void): Promise<string | undefined> {
  return new Promise((resolve) => {
    const load = loadMeter();
    let looks = 0;
    const look = () => {
      const open = openKinds();
      looks = load() < busy && threads === 0 && !open.some((kind) => work.test(kind)) ? looks + 1 : 0;
      const kinds = open.join(", ") || "unknown";
      if (!untilDone && looks > 0) resolve(kinds);
      else if (looks === patience) idle(kinds);
    };
    const looking = setInterval(look, grace);
    unref.call(looking);
    const wait = () => {
      const others = process.listenerCount("beforeExit");
      process.once("beforeExit", () => {
        // The script's own listeners may have begun something.
        if (others > 0 && openKinds().length > 0) return wait();
        clearInterval(looking);
        // Node leaves after this event if nothing waits by then, though a further step may be at hand: its module may load at once.
        setImmediate(resolve, undefined);
      });
    };
    wait();
  });
}

/** Gives the share of the time since its last call in which this process did something: its loop, even while the processors were busy elsewhere, or its threads. */
function loadMeter(): () => number {
  let before = { loop: performance.eventLoopUtilization(), cpu: process.cpuUsage(), at: performance.now() };
  return () => {
    const now = { loop: performance.eventLoopUtilization(), cpu: process.cpuUsage(), at: performance.now() };
    const micros = now.cpu.user + now.cpu.system - before.cpu.user - before.cpu.system;
    const share = Math.max(performance.eventLoopUtilization(now.loop, before.loop).utilization, micros / 1000 / (now.at - before.at));
    before = now;
    return share;
  };
}

function openKinds(): string[] {
  return [...new Set(process.getActiveResourcesInfo())].filter((kind) => kind !== "PipeWrap");
}

export function idleText(open: string): string {
  return `its last line has run, and nothing has happened for ${(patience * grace) / 1000} s in what is open (${open}): it is waited for, as Node does; close what was forgotten, or set config.timeout`;
}

export function cutText(open: string): string {
  return `it left something open (${open}) in which nothing happened for ${grace / 1000} s, and was ended: await what it starts, close servers, sockets and timers`;
}

/** A script says by its exit code that it failed. @throws E_STEP_EXIT */
export function refuseExitCode(step: string): void {
  const { exitCode } = process;
  if (Number(exitCode ?? 0) === 0) return;
  fail("E_STEP_EXIT", `${step} set process.exitCode to ${exitCode}, which says that it failed`, {
    remedy: "its log may say why; throw an error to say it here",
  });
}

/**
 * `process.exit` ends a step that leaves nothing but what it did. One that exports something would lose that: it is a failure with the place of the call.
 * @param leaveAtOnce ends the step as done, if it can be ended at once
 * @param failed is told the failure and the error that has its place
 */
export function guardExit(step: string, leaveAtOnce: () => void, failed: (failure: Failure, error: Error) => void): void {
  process.exit = ((given?: number | string | null) => {
    const code = given ?? process.exitCode ?? 0;
    if (Number(code) === 0) leaveAtOnce();
    const error = new Error(`process.exit(${given ?? ""})`);
    const failure: Failure = {
      code: "E_STEP_EXIT",
      message:
        Number(code) === 0
          ? `${step} called ${error.message}, so its exports were never stored`
          : `${step} called ${error.message}: it ended with exit code ${code}`,
      remedy: "let the module end by itself; throw to fail, skip(reason) to stop here",
      ...(error.stack ? { stack: error.stack } : {}),
    };
    failed(failure, error);
    // Nothing of the step may go on; the message is on its way.
    throw error;
  }) as typeof process.exit;
}
