import { stat } from "node:fs/promises";
import type { Opaque, Read, Written } from "../model.ts";
import { keptPath, type World } from "../plan/reads.ts";
import type { FileHasher } from "../store/files.ts";
import type { Message } from "./protocol.ts";

type PathNote = Extract<Message, { type: "path" }>;

/** A change this short before the reading might not show in the file's times. */
const tickMs = 20;

/** Gathers what a step's process says it read and wrote, and makes it fit for the record. */
export class Notes {
  readonly opaque: Opaque[] = [];
  readonly #reads: Read[] = [];
  readonly #paths: PathNote[] = [];
  readonly #env = new Set<string>();
  readonly #written = new Set<string>();

  take(message: Message): void {
    if (message.type === "param") this.#reads.push(message.read);
    else if (message.type === "env") this.#env.add(message.name);
    else if (message.type === "path") this.#paths.push(message);
    else if (message.type === "written") this.#written.add(message.path);
    else if (message.type === "opaque") this.opaque.push(message.opaque);
  }

  /** The reads as they stand after the step; `racy` where a file changed since it was read. */
  async settle(world: World, hasher: FileHasher): Promise<{ reads: Read[]; written: Written[]; racy: boolean }> {
    const reads = [...this.#reads, ...[...this.#env].map((name): Read => ({ kind: "env", name, digest: world.env(name) }))];
    let racy = false;
    for (const note of this.#paths) {
      const name = keptPath(world.project, note.path);
      if (note.kind === "file") {
        const hashed = await hasher.hash(note.path);
        reads.push({ kind: "file", name, digest: hashed?.digest ?? null });
        racy ||= await movedSince(note, hashed?.signature ?? null);
      } else {
        reads.push({ kind: note.kind, name, digest: await world.digest({ kind: note.kind, name, digest: null }) });
      }
    }
    const written: Written[] = [];
    for (const file of this.#outputs(world.project)) {
      written.push({ path: keptPath(world.project, file), digest: (await hasher.hash(file))?.digest ?? null });
    }
    return { reads, written, racy };
  }

  /** What was written to stay: temporary files outside the project are not outputs. */
  #outputs(project: string): string[] {
    return [...this.#written].filter((file) => !/^(?:\/var)?\/tmp\//.test(file) || file.startsWith(`${project}/`));
  }
}

async function movedSince(note: PathNote, signature: string | null): Promise<boolean> {
  if (signature === null && note.signature !== null) return !(await isFolder(note.path));
  if (signature !== note.signature) return true;
  const changed = note.signature === null ? 0 : Number(BigInt(note.signature.split(":")[3]!) / 1_000_000n);
  return note.at - changed < tickMs && note.at >= changed;
}

async function isFolder(file: string): Promise<boolean> {
  return stat(file).then((stats) => stats.isDirectory(), () => false);
}
