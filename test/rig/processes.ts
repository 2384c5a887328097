import { readdirSync, readFileSync } from "node:fs";

/** Pids of living processes whose environment holds the mark; with states, such as T for stopped, only those in one of them. */
export function alive(mark: string, states?: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const state = stateOf(readFileSync(`/proc/${pid}/stat`, "utf8"));
        // Zombies wait for a parent that does not ask for them; they do nothing any more.
        const meant = states === undefined ? !"ZX".includes(state) : states.includes(state);
        return meant && readFileSync(`/proc/${pid}/environ`, "utf8").includes(mark);
      } catch {
        return false;
      }
    })
    .map(Number);
}

/** The command's name, before it, may hold brackets. */
function stateOf(stat: string): string {
  return stat[stat.lastIndexOf(")") + 2] ?? "X";
}

/** What it was started with. */
export function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    return "";
  }
}

/** It may have ended by itself since it was looked up. */
export function signalTo(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

/** Resident memory of a process, now (VmRSS) or at its peak (VmHWM), in MB; 0 where it has gone. */
export function memory(pid: number, which: "VmRSS" | "VmHWM"): number {
  try {
    return Number(new RegExp(`${which}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}

/** Its children, those that have ended and wait to be asked for (Z) too. */
export function childrenOf(parent: number): { pid: number; state: string }[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
        const [state = "X", its] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
        return Number(its) === parent ? [{ pid: Number(pid), state }] : [];
      } catch {
        return [];
      }
    });
}
