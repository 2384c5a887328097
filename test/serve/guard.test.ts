import { spawn } from "node:child_process";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cookieName } from "../../src/serve/guard.ts";
import { routes } from "../../src/serve/routes/all.ts";
import { finished, TestProject } from "../rig/project.ts";
import { ask, everyState, raw, served, type Served } from "./rig.ts";

let project: TestProject;
let server: Served;
let run = "";

beforeAll(async () => {
  project = everyState();
  const result = await project.run(["10_load", "50_slow"]);
  run = (result.events.find((event) => event.type === "run.started") as { run: string }).run;
  server = await served(project);
});
afterAll(async () => {
  expect(await server.stop()).toBe(143);
  project.dispose();
});

const values: Readonly<Record<string, () => string>> = {
  run: () => run,
  record: () => "1",
  name: () => "rows",
  index: () => "0",
  mime: () => "svg",
  step: () => "10_load",
  model: () => "tiny",
  schedule: () => "train",
  version: () => "1",
};

function addressOf(path: string): string {
  const filled = path.replace(/:(\w+)/g, (_, name: string) => values[name]!());
  if (filled === "/api/backfills") return `${filled}?schedule=train&from=2026-01-01&to=2026-01-02`;
  return /\/compare$/.test(filled)
    ? `${filled}?before=${run}&after=${run}`
    : filled.replace("/figures/rows/", "/figures/none/").replace("/values/rows", "/values/hostile");
}

test("every route answers, with headers that let nothing in", async () => {
  for (const route of routes.filter(({ method }) => method === "GET")) {
    const { status, headers } = await ask(server.port, "GET", addressOf(route.path));
    expect(status, route.path).toBe(route.path.includes("/records/:record/figures") || route.path === "/api/backfills" ? 404 : 200);
    expect(headers["content-security-policy"], route.path).toContain("default-src 'none'");
    expect(headers["content-security-policy"], route.path).toContain("frame-ancestors");
    expect(headers, route.path).toMatchObject({
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
      "cross-origin-resource-policy": "same-origin",
    });
    expect(headers["access-control-allow-origin"], route.path).toBeUndefined();
  }
});

test("a page of another site can do nothing: routes × methods × origins × hosts, 0 accepted", async () => {
  const { port, token } = server;
  const own = `127.0.0.1:${port}`;
  const methods = ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"];
  const origins: Record<string, string>[] = [
    {},
    { origin: "http://evil.example" },
    { origin: "null" },
    { origin: `https://${own}` },
    { origin: `http://127.0.0.1:${port + 1}` },
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
    { origin: `http://${own}`, "sec-fetch-site": "cross-site" },
  ];
  const tokens: Record<string, string>[] = [
    {},
    { "x-stepbook-token": "wrong" },
    { "x-stepbook-token": token },
    { cookie: `${cookieName(token)}=${token}` },
  ];
  const types = ["application/json", "text/plain", "application/x-www-form-urlencoded"];
  const asked: Promise<{ what: string; status: number }>[] = [];
  for (const route of [...routes, { path: "/nowhere" }, { path: "/api/nowhere" }]) {
    for (const method of methods)
      for (const origin of origins)
        for (const secret of tokens)
          for (const type of method === "POST" ? types : [types[0]!]) {
            const what = JSON.stringify([method, route.path, origin, secret, type]);
            asked.push(
              ask(port, method, addressOf(route.path), { ...origin, ...secret, "content-type": type, connection: "close" }, "{}").then(
                ({ status }) => ({ what, status }),
              ),
            );
            if (asked.length % 100 === 0) await asked.at(-1);
          }
  }
  const answers = await Promise.all(asked);
  expect(answers.length).toBeGreaterThan(2000);
  expect(answers.filter(({ status }) => ![400, 401, 403, 405, 413, 415, 421].includes(status)).slice(0, 5)).toEqual([]);
  expect((await ask(port, "GET", "/runs")).body).toContain("1–1 of 1");
});

test("only our own names are answered", async () => {
  const { port } = server;
  const hosts = [
    "evil.example",
    `evil.example:${port}`,
    `127.0.0.1.:${port}`,
    `localhost.:${port}`,
    "127.0.0.1",
    `127.0.0.1:${port + 1}`,
    `0.0.0.0:${port}`,
    `127.1:${port}`,
    `[::]:${port}`,
    `x@127.0.0.1:${port}`,
  ];
  for (const route of routes)
    for (const host of hosts)
      expect((await ask(port, route.method, addressOf(route.path), { host })).status, `${host} ${route.path}`).toBe(421);
  for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, `LOCALHOST:${port}`, `[::1]:${port}`])
    expect((await ask(port, "GET", "/runs", { host })).status).toBe(200);
  const own = `Host: 127.0.0.1:${port}\r\n`;
  for (const text of [
    `GET / HTTP/1.1\r\n${own}Host: evil.example\r\n\r\n`,
    "GET / HTTP/1.1\r\n\r\n",
    "GET / HTTP/1.1\r\nHost:\r\n\r\n",
    "GET / HTTP/1.0\r\n\r\n",
    `GET http://evil.example/ HTTP/1.1\r\n${own}\r\n`,
    `GET //evil.example/ HTTP/1.1\r\n${own}\r\n`,
    `GET /\\evil.example/ HTTP/1.1\r\n${own}\r\n`,
    `GET /\\ HTTP/1.1\r\n${own}\r\n`,
    `GET / HTTP/1.1\r\nHost : 127.0.0.1:${port}\r\n\r\n`,
  ])
    expect(await raw(port, text), text).not.toMatch(/^HTTP\/1\.1 (?:2|3)/);
  expect(
    await raw(
      port,
      `GET /events HTTP/1.1\r\n${own}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n`,
    ),
  ).toBe("");
});

test("addresses are ids: nothing outside what is kept is read", async () => {
  const canary = "canary-2f9c";
  writeFileSync(project.path("secret.log"), canary);
  const climbs = [
    "../secret",
    "..%2fsecret",
    "..%252fsecret",
    "..\\secret",
    "..%5csecret",
    "%2e%2e%2fsecret",
    "....//secret",
    "%00",
    "secret%00",
    "/etc/passwd",
    "%2fetc%2fpasswd",
    "C:%5csecret",
    "\\\\host\\share",
    "．．/secret",
    "__proto__",
    "constructor",
    "1e3",
    "-1",
    "1 OR 1=1",
    "'",
  ];
  for (const route of routes.filter(({ path, method }) => method === "GET" && path.includes(":"))) {
    for (const name of route.path.match(/:(\w+)/g)!) {
      for (const climb of climbs) {
        const address = addressOf(route.path.replace(name, climb)).replaceAll(" ", "%20");
        const { status, body } = await ask(
          server.port,
          "GET",
          encodeURI(decodeURISafe(address)) === address ? address : encodeURI(address).replaceAll("%25", "%"),
        );
        expect(body, address).not.toContain(canary);
        expect(body, address).not.toContain("root:");
        expect([400, 404], `${address} ${status}`).toContain(status);
      }
    }
  }
});

function decodeURISafe(text: string): string {
  try {
    return decodeURI(text);
  } catch {
    return text;
  }
}

test("a proxy's name is answered as browsers send it, and acts come through its TLS", async () => {
  const behind = await served(project, [], { STEPBOOK_HOSTS: "Book.example other.example:8443" });
  try {
    const { port, token } = behind;
    for (const host of ["book.example", `book.example:${port}`, "other.example:8443"]) {
      // Who comes by a proxy may be anywhere.
      expect((await ask(port, "GET", "/runs", { host })).status, host).toBe(401);
      expect((await ask(port, "GET", "/runs", { host, cookie: `${cookieName(token)}=${token}` })).status, host).toBe(200);
      expect((await ask(port, "GET", `/?token=${token}`, { host })).headers["set-cookie"], host).toEqual([
        expect.stringContaining("HttpOnly"),
      ]);
    }
    for (const host of ["other.example", "book.example:8443"]) expect((await ask(port, "GET", "/runs", { host })).status, host).toBe(421);
    const act = async (host: string, origin: string) =>
      (
        await ask(
          port,
          "POST",
          "/api/runs/current/cancel",
          { host, origin, "x-stepbook-token": token, "content-type": "application/json" },
          "{}",
        )
      ).status;
    expect(await act("book.example", "https://book.example")).toBe(404);
    expect(await act("other.example:8443", "https://other.example:8443")).toBe(404);
    expect(await act("book.example", "https://evil.example")).toBe(403);
    expect(await act("book.example", "https://other.example:8443")).toBe(403);
    expect(await act(`127.0.0.1:${port}`, `https://127.0.0.1:${port}`)).toBe(403);
  } finally {
    await behind.stop();
  }
});

test("who only reaches the port may read, not act: no page tells the token, the printed address does once", async () => {
  const { port, token } = server;
  for (const route of routes.filter(({ method }) => method === "GET"))
    expect((await ask(port, "GET", addressOf(route.path))).body, route.path).not.toContain(token);
  const act = async (headers: Record<string, string>) =>
    (
      await ask(
        port,
        "POST",
        "/api/runs/current/cancel",
        { origin: `http://127.0.0.1:${port}`, "content-type": "application/json", ...headers },
        "{}",
      )
    ).status;
  expect(await act({})).toBe(401);
  const mistaken = await ask(port, "GET", "/runs?token=wrong");
  expect(mistaken).toMatchObject({ status: 401, body: expect.stringContaining("not this server's token") });
  expect(mistaken.headers["set-cookie"]).toBeUndefined();
  const entered = await ask(port, "GET", `/runs?token=${token}`);
  expect(entered).toMatchObject({ status: 303, headers: { location: "/runs" } });
  // What else was asked for is kept.
  expect((await ask(port, "GET", `/compare?before=a&token=${token}&after=b`)).headers["location"]).toBe("/compare?before=a&after=b");
  expect(await act({ cookie: entered.headers["set-cookie"]![0]!.split(";")[0]! })).toBe(404);
});

test("our own page may act: token, origin and JSON", async () => {
  const { port, token } = server;
  const headers = { "x-stepbook-token": token, origin: `http://127.0.0.1:${port}`, "content-type": "application/json" };
  expect((await ask(port, "POST", "/api/runs/current/cancel", headers, "{}")).status).toBe(404);
  const { origin, ...silent } = headers;
  expect(await ask(port, "POST", "/api/runs/current/cancel", silent, "{}")).toMatchObject({
    status: 403,
    body: expect.stringContaining(`as origin, such as ${origin}`),
  });
  expect(JSON.parse((await ask(port, "POST", "/api/runs", headers, '{"params":{"pose":"1"}}')).body)).toMatchObject({
    code: "E_PARAM_UNKNOWN",
    remedy: expect.stringContaining("pause"),
  });
  expect((await ask(port, "POST", "/api/runs", headers, '{"project":"/"}')).status).toBe(400);
  expect((await ask(port, "POST", "/api/runs", headers, "no json")).status).toBe(400);
  expect((await ask(port, "POST", "/api/runs", { ...headers, "content-length": "70000" }, "x".repeat(70_000))).status).toBe(413);
});

test("on another address nothing is read without the token; with it once, a cookie of this site's own stays", async () => {
  const open = await served(project, ["--host", "127.0.0.2"]);
  try {
    const host = `127.0.0.2:${open.port}`;
    const get = async (address: string, headers: Record<string, string> = {}) => {
      const response = await fetch(`http://${host}${address}`, { headers, redirect: "manual" });
      return {
        status: response.status,
        cookie: response.headers.get("set-cookie"),
        location: response.headers.get("location"),
        body: await response.text(),
      };
    };
    const probes = ["/healthz", "/readyz", "/metrics"];
    for (const route of routes.filter(({ method, path }) => method === "GET" && !probes.includes(path))) {
      const { status, body } = await get(addressOf(route.path));
      expect(status, route.path).toBe(401);
      expect(body).not.toContain(open.token);
    }
    for (const target of ["//x/healthz", "/\\x/healthz", "//x//evil.example/?token=1", "//x:80/healthz", "/a/../healthz"]) {
      const answer = await raw(open.port, `GET ${target} HTTP/1.1\r\nHost: ${host}\r\n\r\n`, "127.0.0.2");
      expect(answer, target).toMatch(/^HTTP\/1\.1 400/);
      expect(answer).not.toContain(open.token);
    }
    for (const target of ["/\\", "/\\[", "//", "/\\evil.example"])
      expect(await raw(open.port, `GET ${target} HTTP/1.1\r\nHost: ${host}\r\n\r\n`, "127.0.0.2"), target).toMatch(/^HTTP\/1\.1 400/);
    for (const headers of [{ cookie: "stepbook_token=wrong" }, { "x-stepbook-token": `${open.token}x` }] as Record<string, string>[])
      expect((await get("/", headers)).status).toBe(401);
    expect((await get("/?token=wrong")).status).toBe(401);
    const entered = await get(`/?token=${open.token}`);
    expect(entered).toMatchObject({ status: 303, location: "/", cookie: expect.stringMatching(/HttpOnly; SameSite=Strict/) });
    expect((await get("/", { cookie: entered.cookie!.split(";")[0]! })).status).toBe(200);
    // It listens there and nowhere else.
    await expect(fetch(`http://127.0.0.1:${open.port}/`)).rejects.toThrow();
  } finally {
    await open.stop();
  }
});

const guarded = process.getuid?.() === 0 && Number(readFileSync("/proc/sys/net/ipv4/ip_unprivileged_port_start", "utf8")) > 80;

test.runIf(guarded)("a port that this user may not have is named with what to do", async () => {
  const own = new TestProject({ "steps/10_a.ts": "export const a = 1;\n" });
  try {
    chmodSync(own.folder, 0o777);
    const { code, stderr } = await finished(
      spawn(process.execPath, own.words(["ui", "--port", "80"]), {
        cwd: own.folder,
        uid: 65534,
        gid: 65534,
        env: { ...process.env, NO_COLOR: "1" },
        stdio: ["ignore", "pipe", "pipe"],
      }),
    );
    expect(stderr).toMatch(/E_CONFIG[\s\S]*may not listen on port 80[\s\S]*--port 8080/);
    expect(code).toBe(3);
  } finally {
    own.dispose();
  }
});
