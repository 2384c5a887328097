import fs from "node:fs";
import path from "node:path";
import type { Opaque } from "../model.ts";
import { inert } from "../graph/package-names.ts";
import { realOf } from "../kernel-path.ts";
import { signatureOf } from "../store/files.ts";
import { lookAt, type LookKind } from "../store/look.ts";
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
  readonly #packages: readonly string[];
  readonly #project: string;
  /** Of the packages those around the project: what is listed of them leaves it out. */
  readonly #around: ReadonlySet<string>;
  readonly #seen = new Map<string, string>();
  readonly #own = new OwnChanges();
  #marked = false;

  /** @param engine folder of the engine's own code */
  constructor(job: Job, engine: string, send: (message: Message) => void) {
    this.#send = send;
    this.#marked = job.packages.length > 0;
    const state = path.join(job.project, ".stepbook");
    // Node reads a step's code where it really lies: the folder may be a link to another disk.
    this.#inside = [state, realpathSync(state), engine].map((folder) => folder + path.sep);
    this.#packages = job.packages.map((folder) => folder + path.sep);
    this.#project = realOf(job.project) + path.sep;
    const isAround = this.#packages.some((folder) => this.#project.startsWith(folder));
    this.#around = new Set(isAround ? this.#packages.filter((folder) => this.#project.startsWith(realOf(folder) + path.sep)) : []);
  }

  /** @param since when the reading began, where that was before now; ms */
  path(kind: "file" | LookKind, file: string, since?: number, turn = 0): void {
    if (this.#ignored(file)) return;
    const real = this.#own.behindLinks(file);
    // A link may lead to another, and round in a circle.
    if (real !== file && turn < 10) return this.path(kind, real, since, turn + 1);
    if (this.#own.has(file)) return;
    const digest = kind === "file" ? null : lookAt(kind, file);
    if (kind === "folder") this.#own.listed(file, digest);
    this.#once(`${kind} ${file}`, { type: "path", kind, path: file, digest, signature: signatureNow(file), at: since ?? Date.now() }, String(digest));
  }

  written(file: string): void {
    if (this.#ignored(file)) return;
    this.#own.written(file);
    this.#tellWritten(file);
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
    return this.#inside.some((folder) => file.startsWith(folder)) || engines.test(file) || this.#packages.some((folder) => file.startsWith(folder) && this.#isHashed(file, folder));
  }

  /** Whether the fingerprint holds the file, as it does nearly all files of the packages that the step reaches. */
  #isHashed(file: string, folder: string): boolean {
    const name = file.slice(folder.length);
    if (/(?:^|[\\/])(?:node_modules|\.git)[\\/]/.test(name) || inert.test(name)) return false;
    if (this.#around.has(folder) && realOf(file).startsWith(this.#project)) return false;
    // Code that is a link is found where it really lies; data may lie in a linked folder.
    if (/\.(?:[cm]?js|json|node|wasm)$/.test(name)) return true;
    const real = realOf(file);
    return this.#packages.some((each) => real.startsWith(each));
  }
}

function signatureNow(file: string): string | null {
  try {
    return signatureOf(statSync(file, { bigint: true }));
  } catch {
    return null;
  }
}
