import { kernelPath } from "../kernel-path.ts";
import { projectPath } from "../project-path.ts";
import { currentHost, perHost, type Host } from "./host.ts";
import { standaloneHost } from "./standalone.ts";

/** The host of this process; a plain `npx tsx steps/20_split.ts` gets one at first use. */
export function here(): Host {
  return currentHost() ?? standaloneHost();
}

// Taken before the runner wraps it: the step does not ask where DuckDB works.
const cwd = process.cwd.bind(process);

/** Where DuckDB looks for a relative name besides the folder where the step works; undefined: nowhere. */
export function searchFolder(host: Host): string | undefined {
  return perHost(host, "search folder", () => ({ path: cwd() === host.project || host.project.includes(",") ? undefined : host.project }))
    .path;
}

/** The whole paths that a name in SQL may stand for. */
export function sqlPaths(host: Host, name: string): string[] {
  const folders = [cwd(), searchFolder(host) ?? cwd()];
  const through = (link: string) => host.note({ kind: "exists", name: projectPath(host.project, link) });
  return [...new Set(folders.map((folder) => kernelPath(folder, name, through)))];
}

/** Notes a read of a file or folder once. */
export function noteFile(host: Host, kind: "file" | "stat" | "folder" | "match", file: string, since?: number): void {
  const noted = perHost(host, "noted", () => new Set<string>());
  const name = projectPath(host.project, file);
  if (noted.has(`${kind} ${name}`)) return;
  noted.add(`${kind} ${name}`);
  host.note({ kind, name, ...(since === undefined ? {} : { since }) });
}
