import { loadedAhead } from "./loaded-ahead.ts";

/** Flags of Node that leave what code computes as it is: memory, warnings, certificates, and being looked at. */
const harmless =
  /^--(?:(?:no-)?(?:warnings|deprecation)|disable-warning|trace-(?:warnings|deprecation|exit|sigint|uncaught)|max-(?:old|semi)-space-size(?:-percentage)?|enable-source-maps|use-(?:openssl|bundled|system)-ca|title|(?:inspect|cpu-prof|heap-prof|report)(?:-[\w-]+)?)(?=[=\s]|$)/;
/** VS Code's terminals load its debugger. */
const debuggers = /^(?:-r|--require)[=\s].*ms-vscode\.js-debug/;

/**
 * What the environment tells Node of how a step's modules are found and run (`--conditions`, `--import`): part of every fingerprint.
 * @returns empty where it tells nothing
 */
export function nodeSettings(project: string): string {
  const { NODE_OPTIONS = "", NODE_PATH = "", NODE_PRESERVE_SYMLINKS = "" } = process.env;
  const flags = NODE_OPTIONS.trim()
    .split(/\s+(?=-)/)
    .filter((flag) => flag !== "" && !harmless.test(flag.replaceAll("_", "-")) && !debuggers.test(flag));
  const told = { options: flags.map((flag) => withContent(flag, project)).join(","), path: NODE_PATH, symlinks: NODE_PRESERVE_SYMLINKS };
  return Object.entries(told)
    .flatMap(([name, value]) => (value === "" ? [] : [` node-${name}:${value.replace(/\s+/g, ",")}`]))
    .join("");
}

function withContent(flag: string, project: string): string {
  const loaded = loadedAhead(flag, project);
  return loaded === undefined ? flag : `${flag}#${loaded.slice(0, 16)}`;
}
