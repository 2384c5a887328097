/** The conditions by which a package's `exports` and `imports` are read, as Node does; given any, esbuild adds none of its own. */
export function conditions(): string[] {
  return ["node-addons", ...customConditions()];
}

/** Which of a package's `exports` Node is told to prefer: `NODE_OPTIONS=--conditions=development` leads to the sources in many workspaces. */
export function customConditions(): string[] {
  const { NODE_OPTIONS = "" } = process.env;
  return [...NODE_OPTIONS.matchAll(/(?:^|\s)(?:-C|--conditions)[=\s]\s*(\S+)/g)].map(([, name]) => name!);
}
