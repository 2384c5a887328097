import { createHmac } from "node:crypto";
import path from "node:path";
import type { Digest, Read } from "../model.ts";
import type { FileHasher } from "../store/files.ts";
import { lookAt } from "../store/look.ts";
import { digestOf } from "../store/digest.ts";
import { machineFacts } from "./machine.ts";

/** A read of the environment under this name: the listing of all variables. */
export const allNames = "*";

/** Looks up now what a record says was read then. */
export class World {
  readonly project: string;
  readonly params: Readonly<Record<string, string>>;
  readonly #env: NodeJS.ProcessEnv;
  readonly #envKey: string;
  readonly #hasher: FileHasher;

  /** @param envKey the project's secret, so that a kept hash does not give an environment value away */
  constructor(project: string, params: Readonly<Record<string, string>>, env: NodeJS.ProcessEnv, envKey: string, hasher: FileHasher) {
    this.project = project;
    this.params = params;
    this.#env = env;
    this.#envKey = envKey;
    this.#hasher = hasher;
  }

  /** What the read would find now; null: nothing there. */
  async digest(read: Read): Promise<Digest | null> {
    switch (read.kind) {
      case "param":
        return this.#param(read);
      case "env":
        return this.env(read.name);
      case "file":
        return (await this.#hasher.hash(this.absolute(read.name)))?.digest ?? null;
      case "stat":
      case "exists":
      case "folder":
        return lookAt(read.kind, this.absolute(read.name));
      case "machine":
        return digestOf(JSON.stringify(machineFacts[read.name]?.(this.project) ?? null));
      case "run":
        return null;
    }
  }

  env(name: string): Digest | null {
    const value = name === allNames ? this.#envNames() : this.#env[name];
    return value === undefined ? null : createHmac("sha256", this.#envKey).update(`${name}\0${value}`).digest("hex");
  }

  /** What every launcher sets in its own way is left out: looked up by name, it is noted. */
  #envNames(): string {
    return Object.keys(this.#env).filter((name) => !/^(?:_|SHLVL|PWD|OLDPWD|INIT_CWD|npm_.*|NODE_CHANNEL_.*)$/.test(name)).sort().join("\0");
  }

  /** An output as it is now: a file's content, or that there is a folder. */
  async output(name: string): Promise<Digest | null> {
    return (await this.digest({ kind: "file", name, digest: null })) ?? this.digest({ kind: "exists", name, digest: null });
  }

  absolute(name: string): string {
    return path.resolve(this.project, name);
  }

  /** The text of `-p name=text`. */
  given(param: string): string | undefined {
    return Object.hasOwn(this.params, param) ? this.params[param] : undefined;
  }

  #param(read: Read): Digest | null {
    const given = this.given(read.name);
    if (given === undefined) return read.fallback ?? null;
    return digestOf(JSON.stringify(coerce(given, read.shown)));
  }
}

/** The text of `-p name=text` as the type that the param had when it was read. */
function coerce(text: string, shown: string | undefined): unknown {
  const before: unknown = shown === undefined ? "" : JSON.parse(shown);
  if (typeof before === "number") return Number(text);
  if (typeof before === "boolean") return text === "true" ? true : text === "false" ? false : text;
  return text;
}

/** A path as records keep it: relative inside the project, with forward slashes. */
export function keptPath(project: string, file: string): string {
  const relative = path.relative(project, path.resolve(project, file));
  const inside = relative !== "" && !relative.startsWith("..") && !path.isAbsolute(relative);
  return (inside ? relative : path.resolve(project, file)).replaceAll("\\", "/");
}
