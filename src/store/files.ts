import { createHash } from "node:crypto";
import { createReadStream, type BigIntStats } from "node:fs";
import { lstat, readdir, readlink, stat } from "node:fs/promises";
import type { Digest } from "../model.ts";

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
      const before = await statOrNull(file);
      if (!before?.isFile()) return null;
      const signature = signatureOf(before);
      const known = this.#cache.get(file);
      if (known?.signature === signature) return known;
      const digest = await hashStream(file);
      const after = await statOrNull(file);
      if (after === null || signatureOf(after) !== signature) continue;
      if (Date.now() - Number(before.ctimeMs) > racyMs) this.#cache.set(file, signature, digest);
      return { digest, signature };
    }
    return null;
  }
}

async function statOrNull(file: string): Promise<BigIntStats | null> {
  try {
    return await stat(file, { bigint: true });
  } catch {
    return null;
  }
}

async function hashStream(file: string): Promise<Digest> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  return hash.digest("hex");
}

export function digestText(text: string): Digest {
  return createHash("sha256").update(text).digest("hex");
}

/** Hash of a folder's entry names; null where there is no folder. */
export async function hashFolder(folder: string): Promise<Digest | null> {
  try {
    return digestText(JSON.stringify((await readdir(folder)).sort()));
  } catch {
    return null;
  }
}

/** What lies at a path: `file`, `folder`, a link's target, or null for nothing. */
export async function hashPresence(file: string): Promise<Digest | null> {
  const stats = await statOrNull(file);
  if (stats === null) return null;
  return digestText(stats.isDirectory() ? "folder" : "file");
}

/** What `stat` shows that a script may depend on: kind, size and modification time. */
export async function hashStat(file: string): Promise<Digest | null> {
  try {
    const stats = await lstat(file, { bigint: true });
    if (stats.isSymbolicLink()) return digestText(`link ${await readlink(file)} ${await hashStat(await resolveLink(file))}`);
    return digestText(stats.isDirectory() ? "folder" : `file ${stats.size} ${stats.mtimeNs}`);
  } catch {
    return null;
  }
}

async function resolveLink(file: string): Promise<string> {
  const { realpath } = await import("node:fs/promises");
  return realpath(file);
}
