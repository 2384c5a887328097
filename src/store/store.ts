import { existsSync, mkdirSync, rmSync, statSync, unlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Artifact, Codec, Digest } from "../model.ts";
import { sabotaged } from "../sabotage.ts";
import { onDisk, publish, syncFolder } from "./durable.ts";
import type { FileHasher } from "./files.ts";

const extensions: Readonly<Record<Codec, string>> = { value: "value", table: "parquet", figure: "value" };

/** Whether an artifact can be served. */
export type Health = "intact" | "missing" | "damaged";

/** Content-addressed files under `.stepbook/store/`: `ab/ab12….parquet`. */
export class Store {
  readonly folder: string;
  readonly #hasher: FileHasher;

  constructor(folder: string, hasher: FileHasher) {
    this.folder = folder;
    this.#hasher = hasher;
  }

  /** Where the artifact's bytes lie, or would lie. */
  path(artifact: { digest: Digest; codec: Codec }): string {
    return path.join(this.folder, artifact.digest.slice(0, 2), `${artifact.digest}.${extensions[artifact.codec]}`);
  }

  /** Takes a staged file into the store; durable on return. What is there already stays. */
  async take(staged: string, artifact: Artifact): Promise<void> {
    const target = this.path(artifact);
    if (path.resolve(staged) === target) return;
    if (await this.#has(artifact)) return unlinkSync(staged);
    publish(staged, target);
  }

  /** Puts an artifact's text into the store; durable on return. @param draft where it may lie until it is whole */
  async put(text: string, artifact: Artifact, draft: string): Promise<void> {
    if (await this.#has(artifact)) return;
    onDisk(draft, () => writeFileSync(draft, text));
    publish(draft, this.path(artifact));
  }

  /** Whether it is there already; if not, its place is free. */
  async #has(artifact: Artifact): Promise<boolean> {
    const target = this.path(artifact);
    const made = mkdirSync(path.dirname(target), { recursive: true });
    // A folder's own name is in its parent.
    if (made !== undefined) syncFolder(path.dirname(made));
    const there = statSync(target, { throwIfNoEntry: false });
    if (there && (await this.health(artifact)) === "intact") return true;
    // A folder in its place is nothing of ours, and a rename does not replace it.
    if (there?.isDirectory()) rmSync(target, { recursive: true });
    return false;
  }

  /** Compares the stored bytes with their address. */
  async health(artifact: { digest: Digest; codec: Codec }): Promise<Health> {
    SABOTAGE: if (sabotaged("no-digest-check")) return existsSync(this.path(artifact)) ? "intact" : "missing";
    const hashed = await this.#hasher.hash(this.path(artifact));
    if (hashed === null) return "missing";
    return hashed.digest === artifact.digest ? "intact" : "damaged";
  }
}
