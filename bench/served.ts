import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
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
    child.stdout!.once("data", (chunk: Buffer) => resolve(new URL((JSON.parse(chunk.toString()) as { url: string }).url).origin));
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
 * A viewer of the notebook, as the server meets one: it asks for the page, stays for what changes, and asks for the page anew
 * where it is told to (and once more where something came meanwhile, which is no less than what a page's script asks). A real viewer's
 * browser is another machine's work, so what comes is not taken apart here, only drained from a plain socket. @returns the function that ends it
 */
export async function watchPage(url: string): Promise<() => void> {
  const state = /name="stepbook-state" content="([^"]+)"/.exec(await (await fetch(url)).text())![1]!;
  let [loading, again] = [false, false];
  const load = () => {
    [loading, again] = [true, false];
    plainGet(url, "/")
      .resume()
      .once("close", () => {
        loading = false;
        if (again) load();
      });
  };
  const stream = plainGet(url, `/events?page=/&state=${state}`);
  await once(stream, "data");
  stream.on("data", (chunk: Buffer) => {
    if (loading) again = true;
    else if (chunk.includes('data: {"type":"change"')) load();
  });
  return () => void stream.destroy();
}

/** A request by a socket of its own, which the server ends. */
function plainGet(url: string, address: string): Socket {
  const { host, hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on("error", () => {}).write(`GET ${address} HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`);
  return socket;
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
