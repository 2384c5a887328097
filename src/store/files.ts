import { createHash } from "node:crypto";
import { type BigIntStats, promises, readFileSync, statSync } from "node:fs";
import type { Digest } from "../model.ts";
import { sabotaged } from "../sabotage.ts";
import { digestOf } from "./digest.ts";

/** A larger file is read in parts of so many bytes. */
const part = 1 << 20;
/** A file of so many bytes is read at once: parts take four trips through the thread pool, ten times as long. */
const small = 128 * 1024;

/** Remembers the digest of a file as long as the file's signature stays. */
export interface DigestCache {
  get(path: string): { signature: string; digest: Digest } | undefined;
  set(path: string, signature: string, digest: Digest): void;
}

/** A file's content and the signature under which it was hashed. */
interface HashedFile {
  readonly digest: Digest;
  readonly signature: string;
}

/** What changed within this time is looked at again: a change in the same tick would leave no trace. */
export const racyMs = 2000;

/** Size, modification time in ns, inode and change time in ns: what a changed file cannot keep all of. */
export function signatureOf(stats: BigIntStats): string {
  SABOTAGE: if (sabotaged("stat-only")) return `${stats.size}:${stats.mtimeNs}:0:0`;
  return `${stats.size}:${stats.mtimeNs}:${stats.ino}:${stats.ctimeNs}`;
}

/** Null where nothing is there. Not awaited: a trip through the thread pool takes ten times as long as the call. */
export function statOf(file: string): BigIntStats | null {
  try {
    return statSync(file, { bigint: true, throwIfNoEntry: false }) ?? null;
  } catch {
    return null;
  }
}

/** Hashes files, each once as long as it does not change. */
export class FileHasher {
  readonly #cache: DigestCache;
  readonly #ahead = new Map<string, Promise<unknown>>();

  constructor(cache: DigestCache) {
    this.#cache = cache;
  }

  /** Begins to hash a file that will be asked for, while a step still works on it. One that changed just now would be hashed again. */
  ahead(file: string, signal: AbortSignal): void {
    if (this.#ahead.has(file)) return;
    const hashed = this.#hashSettled(file, signal).catch(() => null);
    this.#ahead.set(
      file,
      hashed.finally(() => this.#ahead.delete(file)),
    );
  }

  async #hashSettled(file: string, signal: AbortSignal): Promise<void> {
    const stats = statOf(file);
    if (stats !== null && Date.now() - Number(stats.ctimeMs) > racyMs) await this.#hash(file, signal);
  }

  /** SHA-256 of the file's bytes; null where there is no file. Follows links. */
  async hash(file: string): Promise<HashedFile | null> {
    // What was hashed ahead is known then, if the file is still the same.
    const ahead = this.#ahead.get(file);
    if (ahead) await ahead;
    return this.#hash(file);
  }

  async #hash(file: string, signal?: AbortSignal): Promise<HashedFile | null> {
    try {
      return await this.#hashReadable(file, signal);
    } catch (error) {
      signal?.throwIfAborted();
      const stats = statOf(file);
      if (!stats?.isFile()) return null;
      if (!["EACCES", "EPERM", "EIO"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
      // Whoever looked could not read it either: it is as it was as long as that is so.
      return { digest: digestOf("a file that cannot be read"), signature: signatureOf(stats) };
    }
  }

  async #hashReadable(file: string, signal?: AbortSignal): Promise<HashedFile | null> {
    // A file that changes while it is hashed is hashed again, a few times.
    for (let attempt = 0; attempt < 5; attempt++) {
      const before = statOf(file);
      if (!before?.isFile()) return null;
      const signature = signatureOf(before);
      const known = this.#cache.get(file);
      if (known?.signature === signature) return known;
      const { digest, length } =
        before.size <= small ? hashAtOnce(file) : await hashParts(file, Math.min(part, Number(before.size)), signal);
      const after = statOf(file);
      if (after === null || signatureOf(after) !== signature) continue;
      SABOTAGE: if (sabotaged("stat-only")) this.#cache.set(file, signature, digest);
      // What the system makes up as it is read, as below /proc, has a size and times that tell nothing.
      if (length === Number(before.size) && Date.now() - Number(before.ctimeMs) > racyMs) this.#cache.set(file, signature, digest);
      return { digest, signature };
    }
    return null;
  }
}

interface Hashed {
  readonly digest: Digest;
  readonly length: number;
}

function hashAtOnce(file: string): Hashed {
  const bytes = readFileSync(file);
  return { digest: digestOf(bytes), length: bytes.length };
}

/** By two buffers in turn, one filled while the other is hashed: a stream asks for memory anew with each part, a fifth of the processor's time. */
async function hashParts(file: string, size: number, signal?: AbortSignal): Promise<Hashed> {
  const hash = createHash("sha256");
  const handle = await promises.open(file);
  try {
    let [full, free] = [Buffer.allocUnsafeSlow(size), Buffer.allocUnsafeSlow(size)];
    let reading = handle.read(full, 0, size);
    let length = 0;
    for (;;) {
      const { bytesRead } = await reading;
      signal?.throwIfAborted();
      if (bytesRead === 0) return { digest: hash.digest("hex"), length };
      length += bytesRead;
      reading = handle.read(free, 0, size);
      hash.update(full.subarray(0, bytesRead));
      [full, free] = [free, full];
    }
  } finally {
    await handle.close();
  }
}
