import { createHash } from "node:crypto";
import type { Digest } from "../model.ts";

export function digestText(text: string): Digest {
  return createHash("sha256").update(text).digest("hex");
}
