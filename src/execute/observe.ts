import childProcess from "node:child_process";
import dgram from "node:dgram";
import dns from "node:dns";
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import net from "node:net";
import path from "node:path";
import { fileURLToPath } from "node:url";
import workerThreads from "node:worker_threads";
import type { Opaque } from "../model.ts";

/** Is told what a step does that its result may depend on. */
export interface Observer {
  path(kind: "file" | "stat" | "exists" | "folder", file: string): void;
  written(file: string): void;
  env(name: string): void;
  opaque(kind: Opaque["kind"], what: string): void;
}

type Callable = (...args: unknown[]) => unknown;
type Patchable = Record<string, unknown>;

/** Wraps what Node offers for reading the outside world, before any of the step's code is loaded. */
export function observe(observer: Observer): void {
  const fsModule = fs as unknown as Patchable;
  const promises = fs.promises as unknown as Patchable;
  for (const target of [fsModule, promises]) observeFiles(target, observer);
  observeProcesses(observer);
  observeNetwork(observer);
  observeThreads(observer);
  observeEnvironment(observer);
  syncBuiltinESMExports();
}

/** Runs `before` ahead of the function, under its plain, `Sync` and promise names. */
function wrap(target: Patchable, name: string, before: (args: unknown[]) => void): void {
  for (const key of [name, `${name}Sync`]) {
    const original = target[key] as Callable | undefined;
    if (typeof original !== "function") continue;
    const wrapped = function (this: unknown, ...args: unknown[]) {
      before(args);
      return Reflect.apply(original, this, args);
    };
    // `fs.realpath.native`, `util.promisify.custom` and the like hang on the function.
    Object.defineProperties(wrapped, Object.getOwnPropertyDescriptors(original));
    target[key] = wrapped;
  }
}

function observeFiles(target: Patchable, observer: Observer): void {
  const at = (index: number, then: (file: string) => void) => (args: unknown[]) => {
    const file = toPath(args[index]);
    if (file !== undefined) then(file);
  };
  const read = (file: string) => observer.path("file", file);
  const written = (file: string) => observer.written(file);

  for (const name of ["readFile", "openAsBlob"]) wrap(target, name, at(0, read));
  for (const name of ["stat", "lstat"]) wrap(target, name, at(0, (file) => observer.path("stat", file)));
  for (const name of ["access", "exists", "realpath", "readlink"]) wrap(target, name, at(0, (file) => observer.path("exists", file)));
  for (const name of ["readdir", "opendir"]) wrap(target, name, (args) => at(0, (folder) => readFolder(observer, folder, args[1]))(args));
  for (const name of ["writeFile", "appendFile", "truncate", "unlink", "rm", "rmdir"]) wrap(target, name, at(0, written));
  for (const name of ["symlink", "link"]) wrap(target, name, at(1, written));
  for (const name of ["copyFile", "cp"]) wrap(target, name, (args) => (at(0, read)(args), at(1, written)(args)));
  wrap(target, "rename", (args) => (at(0, written)(args), at(1, written)(args)));
  wrap(target, "open", (args) => at(0, (file) => opened(observer, file, args[1]))(args));
}

function toPath(value: unknown): string | undefined {
  if (typeof value === "string") return path.resolve(value);
  if (value instanceof URL) return value.protocol === "file:" ? fileURLToPath(value) : undefined;
  if (value instanceof Uint8Array) return path.resolve(Buffer.from(value).toString());
  return undefined;
}

function opened(observer: Observer, file: string, flags: unknown): void {
  const { O_WRONLY, O_RDWR } = fs.constants;
  const writes = typeof flags === "number" ? (flags & (O_WRONLY | O_RDWR)) !== 0 : typeof flags === "string" && /[wa+]/.test(flags);
  const reads = typeof flags === "number" ? (flags & O_WRONLY) === 0 : typeof flags !== "string" || /r|\+/.test(flags);
  if (reads) observer.path("file", file);
  if (writes) observer.written(file);
}

const { readdirSync } = fs;

function readFolder(observer: Observer, folder: string, options: unknown): void {
  observer.path("folder", folder);
  if ((options as { recursive?: boolean } | null)?.recursive !== true) return;
  try {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (entry.isDirectory()) readFolder(observer, path.join(folder, entry.name), options);
    }
  } catch {
    // The step's own call reports what is wrong with the folder.
  }
}

function observeProcesses(observer: Observer): void {
  const target = childProcess as unknown as Patchable;
  for (const name of ["spawn", "exec", "execFile", "fork"]) {
    wrap(target, name, ([command]) => observer.opaque("subprocess", programOf(String(command))));
  }
}

/** The program's name; of a shell's script, that of its last command (zx begins with `set …;`). */
function programOf(command: string): string {
  const last = command.split(";").at(-1)!.trim();
  return path.basename(last.split(/\s/)[0] ?? "") || command.slice(0, 40);
}

function observeNetwork(observer: Observer): void {
  wrap(net.Socket.prototype as unknown as Patchable, "connect", ([target]) => observer.opaque("network", endpoint(target)));
  wrap(dgram.Socket.prototype as unknown as Patchable, "send", () => observer.opaque("network", "udp"));
  for (const target of [dns, dns.promises] as unknown as Patchable[]) {
    for (const name of ["lookup", "resolve", "resolve4", "resolve6"]) wrap(target, name, ([host]) => void (net.isIP(String(host)) === 0 && observer.opaque("network", String(host))));
  }
}

function endpoint(target: unknown): string {
  const first: unknown = Array.isArray(target) ? target[0] : target;
  if (typeof first !== "object" || first === null) return String(first);
  const { host, port, path: socket } = first as { host?: string; port?: number; path?: string };
  return socket ?? `${host ?? "localhost"}:${port ?? ""}`;
}

function observeThreads(observer: Observer): void {
  const target = workerThreads as unknown as { Worker: typeof workerThreads.Worker };
  target.Worker = new Proxy(target.Worker, {
    construct(original, args, newTarget) {
      observer.opaque("worker", String(args[0]).slice(0, 80));
      return Reflect.construct(original, args, newTarget) as object;
    },
  });
  wrap(process as unknown as Patchable, "dlopen", ([, file]) => {
    // The engine's own SQL engine notes what it reads.
    if (!/[\\/]@duckdb[\\/]node-bindings/.test(String(file))) observer.opaque("native", path.basename(String(file)));
  });
}

/**
 * Reading a variable is noted. Copying the whole environment (`{ ...process.env }`, as libraries do
 * for their subprocesses) is not, and neither is what the step itself has set.
 */
function observeEnvironment(observer: Observer): void {
  // Node's own module loader asks for these two.
  const own = new Set<string>(["WATCH_REPORT_DEPENDENCIES", "NODE_V8_COVERAGE"]);
  const copying = new CopyWatch();
  const note = (name: string | symbol) => {
    if (typeof name === "string" && !own.has(name)) observer.env(name);
  };
  process.env = new Proxy(process.env, {
    ownKeys(env) {
      const keys = Reflect.ownKeys(env);
      copying.begins(keys);
      return keys;
    },
    getOwnPropertyDescriptor(env, name) {
      if (!copying.describes(name)) note(name);
      return Reflect.getOwnPropertyDescriptor(env, name);
    },
    get(env, name) {
      if (!copying.gets(name)) note(name);
      return Reflect.get(env, name) as string | undefined;
    },
    has(env, name) {
      note(name);
      return Reflect.has(env, name);
    },
    set(env, name, value) {
      own.add(String(name));
      return Reflect.set(env, name, value);
    },
    deleteProperty(env, name) {
      own.add(String(name));
      return Reflect.deleteProperty(env, name);
    },
  });
}

/** Tells a copy of an object from single reads: the keys are listed, then each is described and got in turn. */
class CopyWatch {
  #left = new Set<string | symbol>();
  #described: string | symbol | undefined;

  begins(keys: readonly (string | symbol)[]): void {
    this.#left = new Set(keys);
    // A copy is made in one go.
    queueMicrotask(() => this.#left.clear());
  }

  describes(name: string | symbol): boolean {
    this.#described = name;
    return this.#left.has(name);
  }

  gets(name: string | symbol): boolean {
    return this.#described === name && this.#left.delete(name);
  }
}
