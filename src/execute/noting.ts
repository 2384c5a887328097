import fs from "node:fs";
import path from "node:path";
import type { Opaque } from "../model.ts";
import { signatureOf } from "../store/files.ts";
import { contentNow, lookAt, type LookKind } from "../store/look.ts";
import { HashedPackages } from "./hashed-packages.ts";
import type { Observer } from "./observer.ts";
import { OwnChanges } from "./own-changes.ts";
import type { Job, Message } from "./protocol.ts";

// The unwrapped functions: noting a read must not note another one.
const { realpathSync, statSync } = fs;

/** The engine's own packages; a step that brings DuckDB itself is opaque. */
const engines = /[\\/]node_modules[\\/](?:@duckdb|detect-libc)[\\/]/;

/** Tells the runner, each thing once, what the step's process looked at and wrote. */
export class Noting implements Omit<Observer, "script"> {
  readonly #send: (message: Message) => void;
  readonly #inside: readonly string[];
  readonly #packages: HashedPackages;
  readonly #seen = new Map<string, string>();
  readonly #own = new OwnChanges();
  /** Files that it added to, and what lies in them may be another's. */
  readonly #appended = new Set<string>();
  #marked = false;

  /** @param engine folder of the engine's own code */
  constructor(job: Job, engine: string, send: (message: Message) => void) {
    this.#send = send;
    this.#marked = job.packages.length > 0;
    const state = path.join(job.project, ".stepbook");
    // Node reads a step's code where it really lies: the folder may be a link to another disk.
    this.#inside = [state, realpathSync(state), engine].map((folder) => folder + path.sep);
    this.#packages = new HashedPackages(job.packages, job.project);
  }

  /** @param since when the reading began, where that was before now; ms */
  path(kind: "file" | LookKind, file: string, since?: number, turn = 0): void {
    if (this.#ignored(file)) return;
    const real = this.#own.behindLinks(file);
    // A link may lead to another, and round in a circle.
    if (real !== file && turn < 10) return this.path(kind, real, since, turn + 1);
    // What it made of a file by adding to it, and reads, it depends on.
    if (this.#own.has(file)) return void (kind !== "exists" && this.#appended.has(file) && this.#tellWritten(file));
    const digest = kind === "file" ? null : lookAt(kind, file);
    if (kind === "folder" || kind === "match") this.#own.listed(kind, file, digest);
    this.#once(
      `${kind} ${file}`,
      { type: "path", kind, path: file, digest, signature: signatureNow(file), at: since ?? Date.now() },
      String(digest),
    );
  }

  /** @param isAbout whether it is about to be written, and not yet as it was left */
  written(file: string, isAbout = true): void {
    if (this.#ignored(file)) return;
    if (isAbout) this.#tellBefore(file);
    this.#own.written(file);
    this.#tellWritten(file);
  }

  appended(file: string): void {
    if (this.#ignored(file)) return;
    this.#tellBefore(file);
    this.#own.written(file);
    this.#appended.add(file);
    this.#once(`appended ${file}`, { type: "appended", path: file });
  }

  linked(link: string): void {
    if (this.#ignored(link)) return;
    this.#own.linked(link);
    this.#tellWritten(link);
  }

  /** A folder that was made: an output, but what lies in it need not be the step's own. */
  made(file: string): void {
    if (this.#ignored(file)) return;
    this.#own.made(file);
    this.#tellWritten(file);
  }

  emptied(folder: string): void {
    if (this.#ignored(folder)) return;
    this.#once(`emptied ${folder}`, { type: "emptied", path: folder });
  }

  /** It is told before the file is written: what was read of it will be gone. */
  #tellBefore(file: string): void {
    if (this.#own.has(file) || !this.#seen.has(`file ${file}`)) return;
    // The signature comes last, so that a change meanwhile shows in it.
    this.#send({ type: "before", path: file, digest: contentNow(file), signature: signatureNow(file) });
  }

  #tellWritten(file: string): void {
    this.#once(`written ${file}`, { type: "written", path: file });
  }

  env(name: string): void {
    this.#once(`env ${name}`, { type: "env", name });
  }

  sets(name: string): void {
    this.#once(`sets ${name}`, { type: "sets", name });
  }

  machine(name: string): void {
    this.#once(`machine ${name}`, { type: "machine", name });
  }

  opaque(kind: Opaque["kind"], what: string): void {
    this.#marked = true;
    this.#once(`opaque ${kind} ${what}`, { type: "opaque", opaque: { kind, what } });
  }

  marked(): void {
    this.#marked = true;
  }

  /** To be called at the step's end. */
  finish(): void {
    for (const listing of this.#own.listings()) this.#send({ type: "listed", ...listing });
  }

  /** Whether another step may follow in this process: packages may keep anything, and so may what cannot be seen through. */
  get leavesNothing(): boolean {
    return !this.#marked;
  }

  /** Once, and again where it was found different. */
  #once(key: string, message: Message, found = ""): void {
    if (this.#seen.get(key) === found) return;
    this.#seen.set(key, found);
    this.#send(message);
  }

  #ignored(file: string): boolean {
    return this.#inside.some((folder) => file.startsWith(folder)) || engines.test(file) || this.#packages.has(file);
  }
}

function signatureNow(file: string): string | null {
  try {
    return signatureOf(statSync(file, { bigint: true }));
  } catch {
    return null;
  }
}
