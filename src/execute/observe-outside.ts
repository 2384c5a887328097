import childProcess from "node:child_process";
import dgram from "node:dgram";
import dns from "node:dns";
import Module, { syncBuiltinESMExports } from "node:module";
import net from "node:net";
import path from "node:path";
import wasi from "node:wasi";
import workerThreads from "node:worker_threads";
import { holdThread } from "./module-end.ts";
import { observeModules } from "./observe-modules.ts";
import type { Observer } from "./observer.ts";
import { type Patchable, wrap } from "./wrap.ts";

/** Wraps what Node offers for processes, the network, threads and CommonJS. These modules take 5 ms to load: for code that may use them. */
export function observeOutside(observer: Observer): void {
  observeProcesses(observer);
  observeNetwork(observer);
  observeThreads(observer);
  observeDatabases(observer);
  observeModules(observer);
  syncBuiltinESMExports();
}

function observeProcesses(observer: Observer): void {
  // All that is not `…Sync` comes through here, promisified or not.
  wrap(childProcess.ChildProcess.prototype as unknown as Patchable, "spawn", ([options]) => {
    const { file = "", args = [] } = (options ?? {}) as { file?: string; args?: string[] };
    const script = /[\\/]?(?:sh|bash|cmd\.exe)$/.test(file) && args.length > 2 ? args.at(-1)! : file;
    observer.opaque("subprocess", programOf(script));
  });
  const target = childProcess as unknown as Patchable;
  for (const name of ["spawnSync", "execSync", "execFileSync"])
    wrap(target, name, ([command]) => observer.opaque("subprocess", programOf(String(command))));
}

/** The program's name; of a shell's script, that of its last command (zx begins with `set …;`). */
function programOf(command: string): string {
  const last = command.split(";").at(-1)!.trim();
  return path.basename(last.split(/\s/)[0] ?? "") || command.slice(0, 40);
}

function observeNetwork(observer: Observer): void {
  wrap(net.Socket.prototype as unknown as Patchable, "connect", ([target]) => observer.opaque("network", endpoint(target)));
  wrap(net.Server.prototype as unknown as Patchable, "listen", (args) => observer.opaque("network", listening(args)));
  for (const name of ["send", "bind"]) wrap(dgram.Socket.prototype as unknown as Patchable, name, () => observer.opaque("network", "udp"));
  for (const target of [dns, dns.promises, dns.Resolver.prototype, dns.promises.Resolver.prototype] as unknown as Patchable[]) {
    for (const name of Object.getOwnPropertyNames(target).filter((each) => /^(?:lookup|resolve|reverse)/.test(each)))
      wrap(target, name, ([host]) => void (net.isIP(String(host)) === 0 && observer.opaque("network", String(host))));
  }
}

function listening([target, host]: unknown[]): string {
  return typeof target === "number" ? `${typeof host === "string" ? host : "localhost"}:${target}` : endpoint(target);
}

function endpoint(target: unknown): string {
  const first: unknown = Array.isArray(target) ? target[0] : target;
  if (typeof first !== "object" || first === null) return String(first);
  const { host, port, path: socket } = first as { host?: string; port?: number; path?: string };
  return socket ?? `${host ?? "localhost"}:${port ?? ""}`;
}

function observeThreads(observer: Observer): void {
  onConstruct(
    workerThreads as unknown as Patchable,
    "Worker",
    ([file]) => observer.opaque("worker", String(file).slice(0, 80)),
    holdThread,
  );
  // Hooks of the module loader run in a thread of their own.
  wrap(Module as unknown as Patchable, "register", ([hooks]) => observer.opaque("worker", path.basename(String(hooks))));
  // It opens files by itself, below node:fs.
  onConstruct(wasi as unknown as Patchable, "WASI", () => observer.opaque("native", "WASI"));
}

/** Node 22 and later bring SQLite. */
function observeDatabases(observer: Observer): void {
  const sqlite = (process as { getBuiltinModule?: (name: string) => unknown }).getBuiltinModule?.("node:sqlite");
  if (sqlite) onConstruct(sqlite as Patchable, "DatabaseSync", () => observer.opaque("native", "node:sqlite"));
}

function onConstruct<Made extends object>(
  target: Patchable,
  name: string,
  before: (args: unknown[]) => void,
  after: (made: Made) => void = () => {},
): void {
  target[name] = new Proxy(target[name] as new () => object, {
    construct(original, args: unknown[], newTarget) {
      before(args);
      const made = Reflect.construct(original, args, newTarget) as Made;
      after(made);
      return made;
    },
  });
}
