import { apiCall, inputCall } from "./names.ts";

/** Node's modules through which code reaches only files, facts of the machine and itself, which are watched in any case. */
const inside: ReadonlySet<string> = new Set([
  "assert",
  "assert/strict",
  "async_hooks",
  "buffer",
  "console",
  "constants",
  "crypto",
  "diagnostics_channel",
  "events",
  "fs",
  "fs/promises",
  "os",
  "path",
  "path/posix",
  "path/win32",
  "perf_hooks",
  "punycode",
  "querystring",
  "readline",
  "readline/promises",
  "stream",
  "stream/consumers",
  "stream/promises",
  "stream/web",
  "string_decoder",
  "timers",
  "timers/promises",
  "url",
  "util",
  "util/types",
  "zlib",
]);

/** The engine's own calls in a bundle: a step named `10_fetch` does not fetch. */
const ours = new RegExp(`\\b(?:${inputCall}|${apiCall})\\("[^"]*"(?:,\\s*"[^"]*")?\\)`, "g");

/** Without any of these words code reaches only what it imports. */
const ways = /\b(?:process|global|globalThis|require|eval|Function|constructor|fetch|WebSocket|EventSource|Worker|WebAssembly|setEngine)\b/;

/**
 * Whether code may start processes, use the network or start threads: it may where this cannot be ruled out. Imports by a computed
 * path are refused before this.
 * @param text of the bundle
 * @param externals what it imports
 */
export function mayReachOutside(text: string, externals: readonly string[]): boolean {
  return ways.test(text.replace(ours, "")) || externals.some((specifier) => !inside.has(specifier.replace(/^node:/, "")));
}
