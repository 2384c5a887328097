import { type ChildProcess, spawn } from "node:child_process";
import type { Socket } from "node:net";
import { noMoreFiles } from "../errors.ts";
import { sabotaged } from "../sabotage.ts";

/*
 * The lifeline: a process that outlives this one by a moment. It reads which process groups of steps there are; when its input
 * ends, since this process is gone, however it died, it kills them, busy ones too. A shell, since that starts in a millisecond and
 * takes none of the steps' time; where there is none, Node.
 */

const shell = `trap "" HUP INT QUIT TERM
all=" $* "
while read -r sign pid; do
  case $sign in
    +) all="$all$pid " ;;
    -) all="\${all%% $pid *} \${all#* $pid }" ;;
  esac
done
for pid in $all; do kill -s KILL -- "-$pid"; done`;

const node = `
for (const signal of ["SIGHUP", "SIGINT", "SIGTERM"]) process.on(signal, () => {});
let text = "";
process.stdin.on("data", (chunk) => (text += chunk)).on("end", () => {
  const all = new Set(process.argv.slice(1));
  for (const [sign, pid] of text.split("\\n").map((line) => line.split(" "))) sign === "+" ? all.add(pid) : all.delete(pid);
  for (const pid of all) try { process.kill(-pid, "SIGKILL"); } catch {}
});`;

/** The shell, and what stands in for it; each is given the groups that there are when it starts. */
export const guards: readonly (readonly string[])[] = [
  ["/bin/sh", "-c", shell, "stepbook-guard"],
  [process.execPath, "-e", node],
];
/** One that ends while it is needed is replaced, up to this many times. */
const mostStarts = 8;

const groups = new Set<number>();
let guard: ChildProcess | undefined;
let starts = 0;
let broken = 0;

/** From now on the group ends with this process. To be called before the group's leader runs any code of a step. */
export function holdGroup(pid: number): void {
  SABOTAGE: if (sabotaged("no-lifeline")) return;
  groups.add(pid);
  if (guard) say(`+ ${pid}\n`);
  else start();
}

/** The group is gone: its number may become another's. */
export function releaseGroup(pid: number): void {
  if (groups.delete(pid)) say(`- ${pid}\n`);
}

function start(): void {
  if (starts++ === mostStarts) return;
  const [program, ...args] = guards[Math.min(broken, guards.length - 1)]!;
  const child = spawn(program!, [...args, ...[...groups].map(String)], { detached: true, stdio: ["pipe", "ignore", "ignore"], env: {} });
  const ended = () => {
    if (guard !== child) return;
    guard = undefined;
    if (groups.size > 0) start();
  };
  child.on("error", () => (broken++, ended())).on("exit", ended);
  if (!child.stdin) throw noMoreFiles();
  child.stdin.on("error", () => {});
  // It must not hold this process up.
  child.unref();
  (child.stdin as Socket).unref();
  guard = child;
}

/** In the pipe when this returns: what it tells is heard even if this process dies right after. */
function say(line: string): void {
  guard?.stdin?.write(line);
}
