import { type Host, perHost } from "./host.ts";
import type { Token } from "./sqltext.ts";

/** Whether SQL asks when files were changed, or made what will. */
export const times = (host: Host) => perHost(host, "times of files", () => ({ asked: false }));

/** `read_text` and `read_blob` give it with all that they give. */
export function asksForTimes(code: readonly Token[]): boolean {
  const has = (...words: string[]) =>
    code.some(({ kind, text }) => (kind === "word" || kind === "symbol" || kind === "identifier") && words.includes(text.toUpperCase()));
  return has("LAST_MODIFIED") || (has("READ_TEXT", "READ_BLOB") && (has("*", "COLUMNS") || !has("SELECT")));
}
