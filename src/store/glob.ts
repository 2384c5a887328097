/**
 * What a pattern matches, as a regular expression: `*` and `?` within a name, `**` across folders. In a name, what follows a bracket or
 * a backslash counts as anything: to match too much costs a look, to match too little a change that nobody sees.
 */
export function globToRegExp(pattern: string): RegExp {
  const parts = pattern.split("/");
  const last = parts.pop()!;
  const above = parts.map((part) => (part === "**" ? "(?:.*/)?" : `${nameSource(part)}/`));
  return new RegExp(`^${above.join("")}${last === "**" ? ".*" : nameSource(last)}$`, "s");
}

function nameSource(part: string): string {
  const [plain = ""] = part.split(/[[\\]/);
  const source = plain
    .replace(/[.+^${}()|\]]/g, "\\$&")
    .replace(/\*/g, "[^/]*")
    .replace(/\?/g, "[^/]");
  return plain === part ? source : `${source}[^/]*`;
}
