import { createHash } from "node:crypto";
import type { Digest } from "../model.ts";

/** SHA-256 of a value's JSON: of plain values, so that equal ones have equal digests. */
export function jsonDigest(value: string | number | boolean | null): Digest {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex");
}
