import path from "node:path";
import { currentHost, perHost, type Host } from "./host.ts";
import { standaloneHost } from "./standalone.ts";

/** The host of this process; a plain `npx tsx steps/20_split.ts` gets one at first use. */
export function here(): Host {
  return currentHost() ?? standaloneHost();
}

/** Relative to the project with forward slashes where it lies inside, absolute otherwise: how reads are named. */
export function projectPath(host: Host, file: string): string {
  const absolute = path.resolve(host.project, file);
  const relative = path.relative(host.project, absolute);
  const outside = relative === ".." || relative.startsWith(`..${path.sep}`) || path.isAbsolute(relative);
  return outside ? absolute : relative.split(path.sep).join("/") || ".";
}

/** Notes a read of a file or folder once. */
export function noteFile(host: Host, kind: "file" | "folder", file: string, since?: number): void {
  const noted = perHost(host, "noted", () => new Set<string>());
  const name = projectPath(host, file);
  if (noted.has(`${kind} ${name}`)) return;
  noted.add(`${kind} ${name}`);
  host.note({ kind, name, ...(since === undefined ? {} : { since }) });
}
