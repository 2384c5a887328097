import { spawn, type ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import type { Site } from "./site.ts";

/** The pages of a project, served by the installed command. */
export interface Pages {
  readonly url: string;
  readonly child: ChildProcess;
  readonly token: string;
}

export async function servePages(site: Site, project: string): Promise<Pages> {
  const child = spawn(site.command, ["ui", "--port", "0", "--json"], { cwd: project, stdio: ["ignore", "pipe", "inherit"] });
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout!.once("data", (chunk: Buffer) => resolve((JSON.parse(chunk.toString()) as { url: string }).url.replace(/\/$/, "")));
    child.once("close", () => reject(new Error("ui ended")));
  });
  return { url, child, token: readFileSync(path.join(project, ".stepbook", "ui-token"), "utf8").trim() };
}

/** How long an answer takes, read to its end. */
export async function getTime(url: string): Promise<number> {
  const begin = performance.now();
  const answer = await fetch(url);
  await answer.arrayBuffer();
  if (!answer.ok) throw new Error(`${url} answers ${answer.status}`);
  return performance.now() - begin;
}

/** Resident memory of a process in MB. */
export function residentMb(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))![1]) / 1024;
}

/** Follows the notebook as a page does: told of a change, it asks for the page anew. @returns the function that ends it */
export async function watchPage(url: string): Promise<() => void> {
  const over = new AbortController();
  const answer = await fetch(`${url}/events`, { signal: over.signal });
  let asking = false;
  let again = false;
  const ask = async () => {
    again = asking;
    if (asking) return;
    asking = true;
    do {
      again = false;
      await fetch(url, { signal: over.signal }).then((page) => page.arrayBuffer()).catch(() => {});
    } while (again);
    asking = false;
  };
  void (async () => {
    for await (const chunk of answer.body!) if (Buffer.from(chunk).includes('"change"')) void ask();
  })().catch(() => {});
  return () => over.abort();
}
