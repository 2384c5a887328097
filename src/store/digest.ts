import { createHash } from "node:crypto";
import type { Digest } from "../model.ts";

/** SHA-256, in hex. */
export function digestOf(bytes: string | Uint8Array): Digest {
  const hash = createHash("sha256");
  if (typeof bytes === "string") hash.update(bytes);
  else for (const part of inParts(bytes)) hash.update(part);
  return hash.digest("hex");
}

/** Node hashes, reads and writes fewer than 2 GiB by one call. */
export const mostAtOnce = 1 << 30;

/** The bytes where they lie, in parts that one call can take. */
export function* inParts(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += mostAtOnce) yield bytes.subarray(at, at + mostAtOnce);
}
