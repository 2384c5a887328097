import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { kernelPath } from "../kernel-path.ts";
import { foldersIn } from "../step/folders.ts";
import type { Observer } from "./observer.ts";
import { type Callable, type Patchable, wrap } from "./wrap.ts";

// As they are before they are wrapped: what is looked up here is not read by the step.
const { lstatSync, readdirSync, realpathSync, statSync } = fs;
const cwd = process.cwd.bind(process);
const environment = process.env;

/** Open descriptor → the file behind it. */
const opened = new Map<number, string>();

/** Wraps every function of `node:fs` that reads or writes by a path, in its three forms. */
export function observeFiles(observer: Observer): void {
  for (const target of [fs, fs.promises] as unknown as Patchable[]) observeCalls(target, observer);
  observeDescriptors(observer);
  let before = new Set<string>();
  // It reads the file and sets variables in native code, where nothing is wrapped.
  wrap(
    process as unknown as Patchable,
    "loadEnvFile",
    ([file = ".env"]) => {
      const absolute = toPath(file, observer);
      if (absolute !== undefined) observer.path("file", absolute);
      observer.marked();
      before = new Set(Object.keys(environment));
    },
    (result) => {
      for (const name of Object.keys(environment)) if (!before.has(name)) observer.sets(name);
      return result;
    },
  );
}

function observeCalls(target: Patchable, observer: Observer): void {
  const on = (names: readonly string[], before: (args: unknown[]) => void) => {
    for (const name of names) for (const key of [name, `${name}Sync`]) wrap(target, key, before);
  };
  const at = (index: number, then: (file: string, args: unknown[]) => void) => (args: unknown[]) => {
    const file = toPath(args[index], observer);
    if (file !== undefined) then(file, args);
  };
  const written = (file: string) => observer.written(file);

  on(
    ["readFile", "openAsBlob"],
    at(0, (file) => observer.path("file", file)),
  );
  on(
    ["stat", "lstat", "readlink"],
    at(0, (file) => observer.path("stat", file)),
  );
  on(
    ["exists", "realpath"],
    at(0, (file) => observer.path("exists", file)),
  );
  for (const key of ["realpath", "realpathSync"])
    wrap(
      (target[key] ?? {}) as Patchable,
      "native",
      at(0, (file) => observer.path("exists", file)),
    );
  on(
    ["access"],
    at(0, (file, [, mode]) => observer.path(typeof mode === "number" && mode !== fs.constants.F_OK ? "stat" : "exists", file)),
  );
  on(
    ["readdir", "opendir"],
    at(0, (folder, [, options]) => readFolder(observer, folder, (options as { recursive?: boolean } | null)?.recursive === true)),
  );
  for (const [name, usual] of [
    ["writeFile", "w"],
    ["appendFile", "a"],
  ] as const) {
    on(
      [name],
      at(0, (file, [, , options]) => writtenAs(observer, file, (options as { flag?: unknown } | null | undefined)?.flag ?? usual)),
    );
  }
  on(["truncate", "unlink", "rm", "rmdir"], at(0, written));
  on(
    ["rm", "rmdir"],
    at(0, (folder, [, options]) => void ((options as { recursive?: boolean } | null)?.recursive === true && observer.emptied(folder))),
  );
  on(["link"], (args) => at(0, (from) => at(1, (to) => (observer.path("file", from), observer.written(to)))(args))(args));
  on(
    ["symlink"],
    at(1, (link) => observer.linked(link)),
  );
  on(
    ["mkdir"],
    at(0, (folder) => observer.made(folder)),
  );
  on(["copyFile", "cp"], (args) => at(0, (from) => at(1, (to) => copied(observer, from, to))(args))(args));
  on(["rename"], (args) => at(0, (from) => at(1, (to) => (emptiedBy(observer, from), renamed(observer, from, to)))(args))(args));
  on(
    ["open"],
    at(0, (file, [, flags]) => openedAs(observer, file, flags)),
  );
}

/** A path as the call will take it: relative to the current folder. */
function toPath(value: unknown, observer: Observer): string | undefined {
  const resolved = (text: string) => kernelPath(cwd(), text, (link) => observer.path("exists", link));
  if (typeof value === "string") return resolved(value);
  if (value instanceof URL) return value.protocol === "file:" ? fileURLToPath(value) : undefined;
  if (!(value instanceof Uint8Array)) return undefined;
  const text = Buffer.from(value).toString();
  // Records keep paths as text.
  if (!Buffer.from(text).equals(value)) observer.opaque("native", "a file whose name is not UTF-8");
  return resolved(text);
}

function openedAs(observer: Observer, file: string, flags: unknown): void {
  const { O_WRONLY, O_RDWR } = fs.constants;
  const writes = typeof flags === "number" ? (flags & (O_WRONLY | O_RDWR)) !== 0 : typeof flags === "string" && /[wa+]/.test(flags);
  const reads = typeof flags === "number" ? (flags & O_WRONLY) === 0 : typeof flags !== "string" || /r|\+/.test(flags);
  if (reads) observer.path("file", file);
  if (writes) writtenAs(observer, file, flags);
}

function writtenAs(observer: Observer, file: string, flags: unknown): void {
  const { O_APPEND, O_RDWR, O_TRUNC, O_WRONLY } = fs.constants;
  const onlyAdds =
    typeof flags === "number"
      ? (flags & (O_APPEND | O_RDWR | O_TRUNC | O_WRONLY)) === (O_APPEND | O_WRONLY)
      : typeof flags === "string" && /^[^+]*a[^+]*$/.test(flags);
  if (onlyAdds) observer.appended(file);
  else observer.written(file);
}

/** Going down, Node follows links to folders, too. */
function readFolder(observer: Observer, folder: string, deep: boolean, above: readonly string[] = []): void {
  observer.path("folder", folder);
  if (!deep) return;
  const real = realpathOf(folder);
  if (real === undefined || above.includes(real)) return;
  for (const entry of foldersIn(folder, true)) readFolder(observer, path.join(folder, entry), true, [...above, real]);
}

function realpathOf(folder: string): string | undefined {
  try {
    return realpathSync(folder);
  } catch {
    return undefined;
  }
}

/** Some versions of Node copy a folder below what can be wrapped. */
function copied(observer: Observer, from: string, to: string, above: readonly string[] = []): void {
  const real = realpathOf(from);
  if (real === undefined || above.includes(real) || statSync(real, { throwIfNoEntry: false })?.isDirectory() !== true) {
    // Where a link leads back up, the link itself is copied.
    observer.path(above.includes(real ?? "") ? "exists" : "file", from);
    return observer.written(to);
  }
  observer.path("folder", from);
  observer.made(to);
  for (const name of readdirSync(from)) copied(observer, path.join(from, name), path.join(to, name), [...above, real]);
}

/** Names in a folder; none in a link to one. */
function namesIn(folder: string): string[] {
  try {
    return lstatSync(folder).isDirectory() ? readdirSync(folder) : [];
  } catch {
    return [];
  }
}

/** Of a folder that is put out of the way nothing is left in its place. */
function emptiedBy(observer: Observer, from: string): void {
  if (lstatSync(from, { throwIfNoEntry: false })?.isDirectory()) observer.emptied(from);
}

/** With a folder goes what lies in it. */
function renamed(observer: Observer, from: string, to: string): void {
  for (const name of namesIn(from)) renamed(observer, path.join(from, name), path.join(to, name));
  observer.written(from);
  observer.written(to);
}

/** `fstat` shows times and sizes of what was opened by its path before. */
function observeDescriptors(observer: Observer): void {
  const target = fs as unknown as Patchable;
  const stat = (fd: unknown) => {
    const file = opened.get(fd as number);
    if (file !== undefined) observer.path("stat", file);
  };
  const remember = (fd: unknown, name: unknown) => {
    const file = toPath(name, observer);
    if (typeof fd === "number" && file !== undefined) opened.set(fd, file);
  };
  for (const name of ["fstat", "fstatSync"]) wrap(target, name, ([fd]) => stat(fd));
  wrap(
    target,
    "openSync",
    () => {},
    (fd, [name]) => (remember(fd, name), fd),
  );
  wrap(target, "open", (args) => {
    const done = args.at(-1);
    if (typeof done === "function")
      args[args.length - 1] = (error: unknown, fd: unknown) => (remember(fd, args[0]), (done as Callable)(error, fd));
  });
  wrap(
    fs.promises as unknown as Patchable,
    "open",
    () => {},
    async (opening, [name]) => {
      const handle = (await opening) as fs.promises.FileHandle;
      remember(handle.fd, name);
      const { fd } = handle;
      wrap(handle as unknown as Patchable, "stat", () => stat(fd));
      return handle;
    },
  );
}
