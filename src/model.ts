/**
 * The vocabulary of the engine as types. Imports nothing of ours.
 * The words are the design's: step, edge, export, artifact, fingerprint, record, plan, reason, run.
 */

/** SHA-256 as 64 hexadecimal digits. */
export type Digest = string;

/** A step's id: its file name without extension, such as `20_split`. */
export type StepId = string;

/** How the bytes of an artifact are read; see docs/formats.md. */
export type Codec = "value" | "table" | "figure";

/** A column of a table: its name and DuckDB type. */
export interface Column {
  readonly name: string;
  readonly type: string;
}

/** The stored form of one export: content-addressed bytes and the codec that reads them. */
export interface Artifact {
  readonly digest: Digest;
  readonly codec: Codec;
  /** Size in bytes. */
  readonly bytes: number;
  /** Tables only. */
  readonly schema?: readonly Column[];
  /** Tables only: number of rows. */
  readonly rows?: number;
}

/** What a step did not get through an edge but looked up while it ran. */
export type ReadKind =
  | "param" // name → canonical JSON of the value
  | "env" // name → keyed hash of the value; `*`: the names that are set
  | "file" // path → hash of the content
  | "stat" // path → type, mode, size and modification time
  | "exists" // path → what is there: file, folder or nothing; and where links lead
  | "folder" // path → hash of the sorted entry names and their kinds
  | "match" // pattern such as `data/*.csv` → hash of the sorted entry names that match it, and their kinds
  | "machine" // fact, such as `hostname` or `project` (the folder) → hash of it
  | "run"; // field of the run (id, logicalDate, …)

/** One thing that was read, with what it was then. `digest` null: it was not there. */
export interface Read {
  readonly kind: ReadKind;
  /** Parameter or variable name; or a path, relative to the project where it lies inside. */
  readonly name: string;
  readonly digest: Digest | null;
  /** The value as JSON, where it may be shown (params; never environment values). */
  readonly shown?: string;
  /** Params only: hash of the default, which holds where no value is given. */
  readonly fallback?: Digest;
}

/** Why the engine cannot tell what a step depends on, or whether it did all that it does. */
export interface Opaque {
  /** `open`: it was ended while something could go on; `changed`: a file that it read and changed, as a database that it attached. */
  readonly kind: "subprocess" | "network" | "worker" | "native" | "open" | "changed";
  /** What was started or reached, such as `git` or `example.org:443`; what was open, such as `Timeout`; the file. */
  readonly what: string;
}

/** A file that the step wrote outside its staging folder: an output that reuse must find unchanged. */
export interface Written {
  readonly path: string;
  readonly digest: Digest | null;
  /** It was only added to, as a log is that others write, too: it must be there. */
  readonly appended?: boolean;
  /** Of a folder that it emptied: what it did not write itself and yet lay there when it ended, as seen from the folder. */
  readonly beside?: readonly string[];
}

/** An effect asked for by a step; committed with its record, idempotent per run. */
export type Effect =
  | { readonly kind: "record"; readonly table: string; readonly row: Record<string, Scalar> }
  | { readonly kind: "model"; readonly name: string; readonly artifact: Artifact; readonly card: Artifact }
  | { readonly kind: "table"; readonly table: string; readonly artifact: Artifact };

/** What a row of a results table may hold. */
export type Scalar = string | number | bigint | boolean | null;

/** The literal `export const config = {…}`, read without running the step. Durations in milliseconds. */
export interface StepConfig {
  /** Further attempts after a failure; default 0. */
  readonly retries: number;
  /** Wait before the second attempt; doubles with each further one. */
  readonly retryDelay: number;
  readonly timeout: number | null;
  /** How long a result of an opaque step stays good. */
  readonly maxAge: number | null;
  /** true: reuse although opaque; false: never reuse; null: as seen. */
  readonly cache: boolean | null;
  /** Memory limit in MiB for the V8 heap and for DuckDB. */
  readonly memory: number | null;
  /** Threads that DuckDB may use. 1 keeps row order and float sums the same in every run. */
  readonly threads: number;
  /** A process for the step alone, or one that takes several steps, one after the other. */
  readonly isolation: "process" | "shared";
}

/** A place in a source file; line and column are 1-based. */
export interface Place {
  readonly file: string;
  readonly line?: number;
  readonly column?: number;
}

/** Lines of a source file, from the first on. */
export interface Excerpt {
  readonly first: number;
  readonly lines: readonly string[];
}

/** A parameter as far as it can be read from the code. */
export interface ParamUse {
  readonly name: string;
  readonly default: string | number | boolean | null;
  readonly doc?: string;
  readonly min?: number;
  readonly max?: number;
  readonly choices?: readonly (string | number | boolean | null)[];
}

/** A step as the graph knows it, without running it. */
export interface Step {
  readonly id: StepId;
  readonly number: number;
  /** The id without its number: what the cache goes by, so renumbering changes nothing. */
  readonly name: string;
  /** Path relative to the project, with forward slashes. */
  readonly file: string;
  readonly code: Bundle;
  readonly edges: readonly Edge[];
  readonly exports: readonly string[];
  /** Names by which other steps may import from it: the exports; of a module in CommonJS, whose export is one, those in that, too. */
  readonly offers: readonly string[];
  /**
   * Names of the packages that the bundle imports; of one that the project would not find by its name, the folder, relative to the project.
   * `name?` is one that may be missing: it is imported only by `import()` and `require`.
   */
  readonly packages: readonly string[];
  readonly config: StepConfig;
  readonly params: readonly ParamUse[];
  /** Whether a `param(…)` call has a computed name, so that `params` may be incomplete. */
  readonly openParams: boolean;
  /** Functions of the step API that the bundle uses, such as `record`. */
  readonly uses: readonly string[];
  /** Whether its code may start processes, use the network or start threads. */
  readonly outside: boolean;
  /** Whether it calls async functions that it does not await, as `main()` at its end: the step goes on until they are done. */
  readonly unawaited: boolean;
  /** Imports no step and is imported by none. */
  readonly unwired: boolean;
}

/** The code of a step and its helpers, tree-shaken, without comments and layout. */
export interface Bundle {
  readonly text: string;
  readonly map: string;
  readonly digest: Digest;
  /** Top-level declaration → hash of its text: names what changed. */
  readonly parts: Readonly<Record<string, Digest>>;
  /** Source file → hash: the files that are in the bundle. */
  readonly sources: Readonly<Record<string, Digest>>;
}

/** Step B imports exports of step A; no names: order only. */
export interface Edge {
  readonly from: StepId;
  readonly exports: readonly string[];
}

export interface Graph {
  /** Absolute path of the project. */
  readonly project: string;
  /** In the order of their numbers. */
  readonly steps: readonly Step[];
}

/** Why a step runs, is reused or is blocked. */
export interface Reason {
  readonly code: ReasonCode;
  /** In words, such as `param k: 5 → 7`. */
  readonly text: string;
}

export type ReasonCode =
  | "first-run"
  | "code-changed"
  | "package-changed"
  | "engine-changed"
  | "input-changed"
  | "param-changed"
  | "env-changed"
  | "file-changed"
  | "run-read"
  | "artifact-missing"
  | "artifact-damaged"
  | "record-damaged"
  | "output-changed"
  | "opaque"
  | "expired"
  | "records"
  | "cache-off"
  | "forced"
  | "inputs-moved"
  | "unchanged"
  | "upstream-runs"
  | "upstream-failed"
  | "upstream-skipped";

export type Trigger = "manual" | "watch" | "cron" | "backfill" | "ui";

/** What a step may know of the run it is part of. */
export interface RunInfo {
  readonly id: string;
  readonly trigger: Trigger;
  /** ISO 8601, UTC: the scheduled instant that the run stands for. */
  readonly logicalDate: string;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
}

export type RunStatus = "running" | "succeeded" | "failed" | "cancelled" | "interrupted";

export type StepStatus = "ran" | "cached" | "failed" | "skipped" | "cancelled";

/** What one execution of a step left. */
export interface StepRecord {
  readonly step: StepId;
  readonly name: string;
  readonly run: string;
  /** Hash of code, packages, engine and the imported exports. */
  readonly fingerprint: Digest;
  /** Name of the file in `.stepbook/bundles/` that holds the code as it ran. */
  readonly bundle?: string;
  readonly parts: FingerprintParts;
  readonly reads: readonly Read[];
  readonly opaque: readonly Opaque[];
  readonly written: readonly Written[];
  readonly artifacts: Readonly<Record<string, Artifact>>;
  readonly effects: readonly Effect[];
  readonly displays: readonly Artifact[];
  /** Why it is shown as not reproducible, if it is. */
  readonly notReproducible?: string;
  /** An input changed while the step read it, so the result is not reused. */
  readonly racy?: boolean;
  /** ISO 8601, UTC. */
  readonly finishedAt: string;
  readonly ms: number;
  readonly attempts: number;
}

/** The ingredients of a fingerprint, kept so that a change can be named. */
export interface FingerprintParts {
  readonly code: Digest;
  readonly declarations: Readonly<Record<string, Digest>>;
  readonly sources: Readonly<Record<string, Digest>>;
  /** `name@version` → hash of its files, dependencies included. */
  readonly packages: Readonly<Record<string, Digest>>;
  readonly engine: string;
  /** `step.export` (by name, not number) → digest; that of a figure is followed by the word. */
  readonly inputs: Readonly<Record<string, Digest>>;
}

/** MIME type → content: text, or plain JSON data for `+json` types (Jupyter's display data). */
export type MimeBundle = Record<string, unknown>;

/** A rule of `check` and what DuckDB counted. */
export interface CheckedRule {
  readonly rule: string;
  readonly failing: number;
  /** Up to a few failing rows, for the eye. */
  readonly sample: readonly Record<string, unknown>[];
}
