import fs from "node:fs";
import path from "node:path";
import type { Opaque } from "../model.ts";
import { signatureOf } from "../store/files.ts";
import { lookAt, type LookKind } from "../store/look.ts";
import type { Observer } from "./observer.ts";
import type { Job, Message } from "./protocol.ts";

// The unwrapped functions: noting a read must not note another one.
const { realpathSync, statSync } = fs;

/** The engine's own packages; a step that brings DuckDB itself is opaque. */
const engines = /[\\/]node_modules[\\/](?:@duckdb|detect-libc)[\\/]/;

/** Tells the runner, each thing once, what the step's process looked at and wrote. */
export class Noting implements Omit<Observer, "script"> {
  readonly #send: (message: Message) => void;
  readonly #inside: readonly string[];
  readonly #seen = new Map<string, string>();
  readonly #own = new Set<string>();
  /** Links that the step made, and where they lead: what is read through one is not its own. */
  readonly #links = new Map<string, string>();
  #marked = false;

  /** @param engine folder of the engine's own code */
  constructor(job: Job, engine: string, send: (message: Message) => void) {
    this.#send = send;
    this.#marked = job.packages.length > 0;
    const state = path.join(job.project, ".stepbook");
    // Node reads a step's code where it really lies: the folder may be a link to another disk.
    this.#inside = [state, realpathSync(state), engine, ...job.packages].map((folder) => folder + path.sep);
  }

  /** @param since when the reading began, where that was before now; ms */
  path(kind: "file" | LookKind, file: string, since?: number): void {
    if (this.#ignored(file)) return;
    const real = this.#behindLinks(file);
    if (real !== file) return this.path(kind, real, since);
    if (this.#own.has(file)) return;
    const digest = kind === "file" ? null : lookAt(kind, file);
    this.#once(`${kind} ${file}`, { type: "path", kind, path: file, digest, signature: signatureNow(file), at: since ?? Date.now() }, String(digest));
  }

  written(file: string): void {
    if (this.#ignored(file)) return;
    this.#own.add(file);
    this.#links.delete(file);
    this.made(file);
  }

  linked(link: string, target: string): void {
    this.written(link);
    this.#links.set(link, target);
  }

  #behindLinks(file: string): string {
    let real = file;
    // Links may lead round in a circle.
    for (let turn = 0; turn < 10; turn++) {
      const link = [...this.#links.keys()].find((each) => real === each || real.startsWith(each + path.sep));
      if (link === undefined) return real;
      real = this.#links.get(link)! + real.slice(link.length);
    }
    return file;
  }

  /** A folder that was made: an output, but what lies in it need not be the step's own. */
  made(file: string): void {
    if (!this.#ignored(file)) this.#once(`written ${file}`, { type: "written", path: file });
  }

  env(name: string): void {
    this.#once(`env ${name}`, { type: "env", name });
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

  /** Whether another step may follow in this process: packages keep what they will, and so does what cannot be seen through. */
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
    return this.#inside.some((folder) => file.startsWith(folder)) || engines.test(file);
  }
}

function signatureNow(file: string): string | null {
  try {
    return signatureOf(statSync(file, { bigint: true }));
  } catch {
    return null;
  }
}
