import type { Failure } from "../errors.ts";
import type { Artifact, Opaque, Read, RunInfo } from "../model.ts";
import type { StagedEffect, StepEvent } from "../step/host.ts";

/** What the runner asks of a step's process. */
export interface Job {
  readonly project: string;
  readonly step: string;
  /** Absolute path of the bundle. */
  readonly bundle: string;
  /** `step.export` → where it is stored. */
  readonly inputs: Readonly<Record<string, StoredInput>>;
  /** Names that the module exports as artifacts. */
  readonly exports: readonly string[];
  /** Packages that the bundle reaches. */
  readonly packages: readonly string[];
  readonly params: Readonly<Record<string, string>>;
  readonly run: RunInfo;
  readonly staging: string;
  /** Folder for what outlives a failed attempt. */
  readonly kept: string;
  readonly memory: number | null;
  readonly threads: number;
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

/** What a step's process tells the runner, in order. */
export type Message =
  | { readonly type: "ready" }
  | { readonly type: "param"; readonly read: Read }
  | { readonly type: "env"; readonly name: string }
  | { readonly type: "path"; readonly kind: "file" | "stat" | "exists" | "folder"; readonly path: string; readonly signature: string | null; readonly at: number }
  | { readonly type: "written"; readonly path: string }
  | { readonly type: "opaque"; readonly opaque: Opaque }
  | { readonly type: "event"; readonly event: Exclude<StepEvent, { type: "effect" }> }
  | { readonly type: "failed"; readonly failure: Failure }
  | { readonly type: "skipped"; readonly reason: string }
  | DoneMessage;

export interface DoneMessage {
  readonly type: "done";
  readonly artifacts: Readonly<Record<string, StagedArtifact>>;
  readonly displays: readonly StagedArtifact[];
  readonly effects: readonly StoredEffect[];
  readonly notReproducible: string | null;
}

/** An effect with its bytes staged. */
export type StoredEffect =
  | Extract<StagedEffect, { kind: "record" }>
  | { readonly kind: "model"; readonly name: string; readonly parts: StagedArtifact; readonly card: StagedArtifact }
  | { readonly kind: "table"; readonly table: string; readonly rows: StagedArtifact };
