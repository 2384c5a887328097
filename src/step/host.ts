import type { CheckedRule, Effect, MimeBundle, Opaque, Read, RunInfo } from "../model.ts";

/**
 * What the step API needs from where it runs: the runner's child process, or a plain
 * `npx tsx steps/20_split.ts`. One per process, found through a registered symbol, so that the
 * API works the same however often its module is loaded.
 */
export interface Host {
  readonly mode: "runner" | "standalone";
  /** Absolute path of the project (the folder that holds `steps/`). */
  readonly project: string;
  /** Absolute path of a private folder for what this step writes; exists. */
  readonly staging: string;
  /** Absolute path of a folder for what is kept where the step fails, such as rows that broke a rule; null: nowhere. */
  readonly kept: string | null;
  readonly step: string;
  readonly run: RunInfo;
  /** Values given for params (`-p name=value`), as text. */
  readonly params: Readonly<Record<string, string>>;
  /** MiB; null: DuckDB's default. */
  readonly memory: number | null;
  readonly threads: number;
  note(read: NotedRead): void;
  /** Tells of a large file that is about to be read, so that the runner may hash it meanwhile. */
  soon?(file: string): void;
  opaque(what: Opaque): void;
  written(path: string): void;
  /** A folder is removed with all that lies in it. */
  emptied?(path: string): void;
  emit(event: StepEvent): void;
  /** Is told of a secret as it is read, so that it is masked from then on. */
  secret(name: string, value: string): void;
}

/** A read as it is noted. Files are hashed by the runner, so only their path is given. */
export type NotedRead =
  | (Read & { readonly kind: "param" | "run" })
  /** `since`: when the reading began, where it is noted afterwards; ms. */
  | { readonly kind: "file" | "stat" | "exists" | "folder" | "match"; readonly name: string; readonly since?: number };

/** What a running step tells. */
export type StepEvent =
  | { readonly type: "progress"; readonly label: string; readonly done: number; readonly total: number | null }
  | { readonly type: "display"; readonly bundle: MimeBundle }
  | { readonly type: "effect"; readonly effect: StagedEffect }
  | { readonly type: "checked"; readonly table: string; readonly rules: readonly CheckedRule[] }
  | { readonly type: "warning"; readonly message: string };

/** A value, and its bytes as they were when it was given: it may change afterwards. */
export interface Encoded {
  readonly value: unknown;
  readonly chunks: readonly Uint8Array[];
}

/** An effect whose bytes are still to be staged. */
export type StagedEffect =
  | Extract<Effect, { kind: "record" }>
  | { readonly kind: "model"; readonly name: string; readonly parts: Encoded; readonly card: Encoded }
  | { readonly kind: "table"; readonly table: string; readonly rows: object };

const key = Symbol.for("stepbook.host");

/** The host of this process, or undefined before one is set. */
export function currentHost(): Host | undefined {
  return (globalThis as { [key]?: Host })[key];
}

export function setHost(host: Host): void {
  (globalThis as { [key]?: Host })[key] = host;
}

/**
 * A value of which the process has one, made at first use, however often the module that asks is loaded.
 * Kept with the host, so that a test that sets a new host starts afresh.
 */
export function perHost<T>(host: Host, name: string, make: () => T): T {
  const all = globalThis as { [stateKey]?: WeakMap<Host, Map<string, unknown>> };
  const states = (all[stateKey] ??= new WeakMap());
  const state = states.get(host) ?? new Map<string, unknown>();
  states.set(host, state);
  if (!state.has(name)) state.set(name, make());
  return state.get(name) as T;
}

const stateKey = Symbol.for("stepbook.state");
