import { createHash } from "node:crypto";
import type { Digest } from "../model.ts";

/** SHA-256, in hex. */
export function digestOf(bytes: string | Uint8Array): Digest {
  return createHash("sha256").update(bytes).digest("hex");
}
