import type { Failure } from "../errors.ts";
import type { Artifact, Digest, Opaque, Read, RunInfo } from "../model.ts";
import type { ToldArtifact } from "../store/artifacts.ts";
import type { LookKind } from "../store/look.ts";
import type { StagedEffect, StepEvent } from "../step/host.ts";

/** Arguments of a process: it is to load DuckDB ahead of need, and what watches the network and processes. */
export const tablesWord = "tables";
export const outsideWord = "outside";

/** Lies beside the program of a step's process: a module like a bundle, which tells whether Node has `import.meta.main`. */
export const firstModule = {
  file: "first.mjs",
  text: 'export const { main } = import.meta;\n//# sourceMappingURL=data:application/json,{"version":3,"sources":[],"names":[],"mappings":""}\n',
};

/** What the runner asks of a step's process. */
export interface Job {
  readonly project: string;
  readonly step: string;
  /** Its source, relative to the project. */
  readonly file: string;
  /** Absolute path of the bundle. */
  readonly bundle: string;
  /** `step.export` → where it is stored. */
  readonly inputs: Readonly<Record<string, StoredInput>>;
  /** Names that the module exports as artifacts. */
  readonly exports: readonly string[];
  /** Folders of the packages that the fingerprint holds: what is read there is no news. */
  readonly packages: readonly string[];
  /** Whether one of the packages brings DuckDB, which reads files that nothing else sees. */
  readonly duckdb: boolean;
  readonly params: Readonly<Record<string, string>>;
  /** Whether the step works with tables, so that DuckDB is loaded before it is observed. */
  readonly tables: boolean;
  /** Whether its code may start processes, use the network or start threads: that is watched then. */
  readonly outside: boolean;
  /** Whether it calls async functions that it does not await: they are waited for. */
  readonly unawaited: boolean;
  readonly run: RunInfo;
  readonly staging: string;
  /** Folder for what outlives a failed attempt. */
  readonly kept: string;
  readonly memory: number | null;
  readonly threads: number;
  /** Printed behind what the step prints, where its process may take another step; null: it is for this one only. */
  readonly mark: string | null;
}

export interface StoredInput {
  readonly artifact: Artifact;
  readonly file: string;
}

/** An artifact whose bytes still lie in the staging folder, or in the store already. */
export interface StagedArtifact {
  readonly artifact: Artifact;
  readonly file: string;
}

/** As a step's process hands it over. */
export type ToldOrStaged = ToldArtifact | StagedArtifact;

/** A look at names in a folder. */
export type Listing = Extract<LookKind, "folder" | "match">;

/** A look at a path, as it was found then. */
export interface PathNote {
  readonly type: "path";
  readonly kind: "file" | LookKind;
  readonly path: string;
  readonly signature: string | null;
  /** Of all but files, which the runner hashes. */
  readonly digest: Digest | null;
  /** When the reading began, at the earliest; ms. */
  readonly at: number;
}

/** What a step's process tells the runner, in order. */
export type Message =
  | { readonly type: "param"; readonly read: Read }
  | { readonly type: "env"; readonly name: string }
  | { readonly type: "secret"; readonly name: string; readonly value: string }
  | { readonly type: "machine"; readonly name: string }
  /** A variable of the environment that the step set. */
  | { readonly type: "sets"; readonly name: string }
  /** A folder that the step listed, or a pattern for names in one, as it is to be kept: with what the step itself changed in it, and nothing else. */
  | { readonly type: "listed"; readonly kind: Listing; readonly path: string; readonly digest: Digest | null }
  | PathNote
  /** A large file that is about to be read: it may be hashed meanwhile. */
  | { readonly type: "soon"; readonly path: string }
  /** A file that was read and is about to be written: what it held until now. */
  | { readonly type: "before"; readonly path: string; readonly digest: Digest | null; readonly signature: string | null }
  | { readonly type: "written"; readonly path: string }
  | { readonly type: "appended"; readonly path: string }
  /** A folder that was removed with all in it, and may have been made anew. */
  | { readonly type: "emptied"; readonly path: string }
  | { readonly type: "opaque"; readonly opaque: Opaque }
  | { readonly type: "event"; readonly event: Exclude<StepEvent, { type: "effect" }> }
  | { readonly type: "failed"; readonly failure: Failure }
  | { readonly type: "skipped"; readonly reason: string }
  | DoneMessage;

/** All that a step leaves. */
export interface Outputs<A = StagedArtifact> {
  readonly artifacts: Readonly<Record<string, A>>;
  readonly displays: readonly A[];
  readonly effects: readonly StoredEffect<A>[];
}

export interface DoneMessage extends Outputs<ToldOrStaged> {
  readonly type: "done";
  readonly notReproducible: string | null;
  /** The process waits for another step. */
  readonly again?: boolean;
}

/** An effect with its bytes staged. */
export type StoredEffect<A = StagedArtifact> =
  | Extract<StagedEffect, { kind: "record" }>
  | { readonly kind: "model"; readonly name: string; readonly parts: A; readonly card: A }
  | { readonly kind: "table"; readonly table: string; readonly rows: A };
