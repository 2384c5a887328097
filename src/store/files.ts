import { createHash } from "node:crypto";
import { createReadStream, type BigIntStats, statSync } from "node:fs";
import type { Digest } from "../model.ts";
import { sabotaged } from "../sabotage.ts";

/** Remembers the digest of a file as long as the file's signature stays. */
export interface DigestCache {
  get(path: string): { signature: string; digest: Digest } | undefined;
  set(path: string, signature: string, digest: Digest): void;
}

/** A file's content and the signature under which it was hashed. */
export interface HashedFile {
  readonly digest: Digest;
  readonly signature: string;
}

/** Files changed within this time are hashed again: a change in the same tick would leave no trace. */
const racyMs = 2000;

/** Size, modification time in ns, inode and change time in ns: what a changed file cannot keep all of. */
export function signatureOf(stats: BigIntStats): string {
  SABOTAGE: if (sabotaged("stat-only")) return `${stats.size}:${stats.mtimeNs}:0:0`;
  return `${stats.size}:${stats.mtimeNs}:${stats.ino}:${stats.ctimeNs}`;
}

/** Hashes files, each once as long as it does not change. */
export class FileHasher {
  readonly #cache: DigestCache;

  constructor(cache: DigestCache) {
    this.#cache = cache;
  }

  /** SHA-256 of the file's bytes; null where there is no file. Follows links. */
  async hash(file: string): Promise<HashedFile | null> {
    // A file that changes while it is hashed is hashed again, a few times.
    for (let attempt = 0; attempt < 5; attempt++) {
      const before = statOrNull(file);
      if (!before?.isFile()) return null;
      const signature = signatureOf(before);
      const known = this.#cache.get(file);
      if (known?.signature === signature) return known;
      const digest = await hashStream(file);
      const after = statOrNull(file);
      if (after === null || signatureOf(after) !== signature) continue;
      SABOTAGE: if (sabotaged("stat-only")) this.#cache.set(file, signature, digest);
      if (Date.now() - Number(before.ctimeMs) > racyMs) this.#cache.set(file, signature, digest);
      return { digest, signature };
    }
    return null;
  }
}

/** Not awaited: a trip through the thread pool takes ten times as long as the call. */
function statOrNull(file: string): BigIntStats | null {
  try {
    return statSync(file, { bigint: true, throwIfNoEntry: false }) ?? null;
  } catch {
    return null;
  }
}

async function hashStream(file: string): Promise<Digest> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  return hash.digest("hex");
}
