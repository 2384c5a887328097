import { spawn, type ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { get } from "node:http";
import path from "node:path";
import type { Site } from "./site.ts";

/** The pages of a project, served by the installed command. */
export interface Pages {
  readonly url: string;
  readonly child: ChildProcess;
  readonly token: string;
}

export interface RunEvent {
  readonly type: string;
  readonly step?: string;
  readonly at?: string;
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

/**
 * Follows the notebook as a page's script does: takes what changed, and asks for the page anew where that does not fit. By plain
 * sockets, since viewers are elsewhere: the less they cost here, the more it is the server that is measured. @returns the function that ends it
 */
export async function watchPage(url: string): Promise<() => void> {
  const load = async () => /name="stepbook-state" content="([^"]+)"/.exec(await (await fetch(url)).text())![1]!;
  let state = await load();
  let loading: Promise<unknown> | undefined;
  const take = (data: string) => {
    const [, from, to] = /^\{"type":"patch","from":"([^"]+)","to":"([^"]+)"/.exec(data) ?? [];
    if (from === state) state = to!;
    else if (from !== undefined || data.startsWith('{"type":"change"')) loading ??= load().then((now) => (state = now)).catch(() => {}).finally(() => (loading = undefined));
  };
  return new Promise((resolve, reject) => {
    const request = get(`${url}/events?page=/&state=${state}`, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (chunk: string) => {
        const blocks = (text + chunk).split("\n\n");
        text = blocks.pop()!;
        for (const block of blocks) if (block.startsWith("data: ")) take(block.slice(6));
      });
      answer.on("error", () => {});
      resolve(() => request.destroy());
    });
    request.once("error", reject);
  });
}

/** Reads server-sent events until they end. */
export async function eachEvent(answer: Response, take: (event: string, data: string) => void): Promise<void> {
  let text = "";
  for await (const chunk of answer.body!.pipeThrough(new TextDecoderStream())) {
    const blocks = (text + chunk).split("\n\n");
    text = blocks.pop()!;
    for (const block of blocks) {
      const data = /^data: (.*)$/m.exec(block)?.[1];
      if (data !== undefined) take(/^event: (.*)$/m.exec(block)?.[1] ?? "message", data);
    }
  }
}

/** A run as the page's button starts it; until it has ended. */
export async function runByAct({ url, token }: Pages, take: (event: RunEvent) => void = () => {}): Promise<void> {
  const over = new AbortController();
  const events = await fetch(`${url}/api/events`, { signal: over.signal });
  const ended = eachEvent(events, (kind, data) => {
    if (kind !== "run") return;
    const event = JSON.parse(data) as RunEvent;
    take(event);
    if (event.type === "run.finished") over.abort();
  }).catch(() => {});
  const headers = { "content-type": "application/json", "x-stepbook-token": token, origin: url };
  const answer = await fetch(`${url}/api/runs`, { method: "POST", headers, body: '{"force":true}' });
  if (!answer.ok) throw new Error(await answer.text());
  await ended;
}
