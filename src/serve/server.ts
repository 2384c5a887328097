import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { hostname, networkInterfaces } from "node:os";
import type { AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { fail } from "../errors.ts";
import type { Address } from "./address.ts";
import { isApi, problemText, problemType } from "./api/problem.ts";
import { makeApp } from "./app.ts";
import type { Duty } from "./health/health.ts";
import { parseTarget, cookieName, type GuardOptions, type Refusal, refusal, safeHeaders } from "./guard.ts";
import { watchOutside } from "./outside.ts";
import { Site } from "./site.ts";

interface ServeOptions extends Address {
  readonly project: string;
  readonly duty?: () => Duty | null;
}

export interface Serving {
  readonly site: Site;
  /** What to open, with the token: without it the pages are for reading only, beyond this machine not at all. */
  readonly url: string;
  close(): Promise<void>;
}

const loopback = new Set(["127.0.0.1", "::1", "localhost"]);

/** Serves the project's pages until it is closed. @throws E_CONFIG where the port is taken, or not for this user */
export async function serve({ project, port, host, names, duty }: ServeOptions): Promise<Serving> {
  const site = await Site.open(project, duty);
  const hosts = new Set<string>();
  const proxied = new Set<string>();
  const guard: GuardOptions = { hosts, proxied, token: site.token, readable: loopback.has(host) };
  const handle = getRequestListener(makeApp(site).fetch, { overrideGlobalObjects: false });
  const server = createServer({ maxHeaderSize: 16 * 1024, requestTimeout: 30_000, headersTimeout: 15_000 }, (request, response) => {
    const refused = refusal(request, guard);
    if (refused) return refuse(request, response, refused);
    if (enters(request)) return letIn(response, request.url!, guard);
    void handle(request, response);
  });
  // Nothing here speaks another protocol.
  server.on("upgrade", (_request, socket) => socket.destroy());
  server.on("connect", (_request, socket) => socket.destroy());
  server.maxConnections = 300;
  const bound = await listen(server, port, host).catch((error: unknown) => {
    site.close();
    throw error;
  });
  for (const name of names)
    for (const asked of [name, ...(/:\d+$/.test(name) ? [] : [`${name}:${bound}`])]) proxied.add(asked.toLowerCase());
  // Browsers leave out the port of the web.
  const ours = namesOf(host).flatMap((name) => (bound === 80 ? [name, `${name}:80`] : [`${name}:${bound}`]));
  for (const name of [...ours, ...proxied]) hosts.add(name);
  const unwatch = watchOutside(site);
  const shown = `http://${host === "0.0.0.0" || host === "::" ? ownName() : host.includes(":") ? `[${host}]` : host}:${bound}/`;
  return {
    site,
    url: `${shown}?token=${site.token}`,
    async close() {
      unwatch();
      await site.acts.settle();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
      site.close();
    },
  };
}

function refuse({ url }: IncomingMessage, response: ServerResponse, { status, message }: Refusal): void {
  const forPrograms = isApi(url?.split("?")[0] ?? "");
  response.writeHead(status, {
    ...safeHeaders,
    "content-type": forPrograms ? problemType : "text/plain; charset=utf-8",
    connection: "close",
    ...(status === 405 ? { allow: "GET, HEAD, POST" } : {}),
  });
  response.end(forPrograms ? problemText(status, message) : `${message}\n`);
}

/** The printed address carries the token once; from then on a cookie does, which no other site can use. */
function enters({ method, url }: IncomingMessage): boolean {
  return method !== "POST" && parseTarget(url!).searchParams.has("token");
}

function letIn(response: ServerResponse, url: string, { token }: GuardOptions): void {
  const asked = parseTarget(url);
  const sent = asked.searchParams.get("token") ?? "";
  asked.searchParams.delete("token");
  response.writeHead(303, {
    ...safeHeaders,
    location: asked.pathname.replace(/^\/+/, "/") + asked.search,
    ...(sent === token ? { "set-cookie": `${cookieName(token)}=${token}; HttpOnly; SameSite=Strict; Path=/; Max-Age=31536000` } : {}),
  });
  response.end();
}

function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      try {
        if (error.code === "EADDRINUSE")
          fail("E_CONFIG", `port ${port} is taken`, { remedy: "give another one: --port 8081, or --port 0 for any free one" });
        if (error.code === "EACCES")
          fail("E_CONFIG", `this user may not listen on port ${port}`, { remedy: "give one from 1024 on: --port 8080" });
        if (error.code === "EADDRNOTAVAIL" || error.code === "ENOTFOUND")
          fail("E_CONFIG", `this machine has no address ${host}`, { remedy: "leave --host out for 127.0.0.1" });
        throw error;
      } catch (failure) {
        reject(failure as Error);
      }
    });
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
  });
}

/** The names by which we are asked, exactly. */
function namesOf(host: string): string[] {
  if (loopback.has(host)) return ["127.0.0.1", "localhost", "[::1]"];
  if (host !== "0.0.0.0" && host !== "::") return [host.includes(":") ? `[${host}]` : host];
  const addresses = Object.values(networkInterfaces())
    .flatMap((all) => all ?? [])
    .map(({ address, family }) => (family === "IPv6" ? `[${address}]` : address));
  return [...addresses, "localhost", ownName()];
}

/** As browsers write it. */
function ownName(): string {
  return hostname().toLowerCase();
}
