import { createHmac } from "node:crypto";
import path from "node:path";
import type { Digest, Read, RunInfo, Written } from "../model.ts";
import { readParam } from "../param-text.ts";
import type { FileHasher } from "../store/files.ts";
import { lookAt } from "../store/look.ts";
import { digestOf } from "../store/digest.ts";
import { machineFacts } from "./machine.ts";

/** What every launcher sets in its own way. */
export const ofLaunchers = /^(?:_|SHLVL|PWD|OLDPWD|INIT_CWD|npm_.*|NODE_CHANNEL_.*)$/;

/** Whether a field of the run differs in every run. */
export function differsInEachRun(field: string): boolean {
  return field === "id" || field === "startedAt";
}

/** A read of the environment under this name: the listing of all variables. */
export const allNames = "*";

/** Looks up now what a record says was read then. */
export class World {
  readonly project: string;
  readonly params: Readonly<Record<string, string>>;
  readonly #env: NodeJS.ProcessEnv;
  readonly #envKey: string;
  readonly #hasher: FileHasher;
  readonly #run: Partial<RunInfo>;

  /**
   * @param envKey the project's secret, so that a kept hash does not give an environment value away
   * @param run what is known of the run
   */
  constructor(
    project: string,
    params: Readonly<Record<string, string>>,
    env: NodeJS.ProcessEnv,
    envKey: string,
    hasher: FileHasher,
    run: Partial<RunInfo> = {},
  ) {
    this.#run = run;
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
      case "match":
        return lookAt(read.kind, this.absolute(read.name));
      case "machine":
        return digestOf(JSON.stringify(this.#fact(read.name)));
      case "run":
        return this.#runField(read.name as keyof RunInfo);
    }
  }

  /** A fact that cannot be had, such as the name of a user without one, is null. */
  #fact(name: string): unknown {
    try {
      return machineFacts[name]?.(this.project) ?? null;
    } catch {
      return null;
    }
  }

  env(name: string): Digest | null {
    const value = name === allNames ? this.#envNames() : this.#env[name];
    return value === undefined ? null : createHmac("sha256", this.#envKey).update(`${name}\0${value}`).digest("hex");
  }

  /** Launcher variables are left out of the listing; reading one by name still counts. */
  #envNames(): string {
    return Object.keys(this.#env)
      .filter((name) => !ofLaunchers.test(name))
      .sort()
      .join("\0");
  }

  /** An output as it is now: a file's content; of a folder, and of what was only added to, that it is there. */
  async output({ path: name, appended }: Omit<Written, "digest">): Promise<Digest | null> {
    const content = appended ? null : await this.digest({ kind: "file", name, digest: null });
    return content ?? this.digest({ kind: "exists", name, digest: null });
  }

  absolute(name: string): string {
    return path.resolve(this.project, name);
  }

  /** The text of `-p name=text`. */
  given(param: string): string | undefined {
    return Object.hasOwn(this.params, param) ? this.params[param] : undefined;
  }

  #runField(name: keyof RunInfo): Digest | null {
    const value = this.#run[name];
    return value === undefined ? null : digestOf(JSON.stringify(value));
  }

  /** A param is of the type that it had when it was read. */
  #param(read: Read): Digest | null {
    const given = this.given(read.name);
    if (given === undefined) return read.fallback ?? null;
    const value = readParam(given, read.shown === undefined ? "" : JSON.parse(read.shown));
    return value === undefined ? null : digestOf(JSON.stringify(value));
  }
}
