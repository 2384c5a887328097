import { afterAll, beforeAll, expect, test } from "vitest";
import { safeHeaders } from "../../src/serve/guard.ts";
import { TestProject } from "../rig/project.ts";
import { ask, served, type Served } from "./rig.ts";

let project: TestProject;
let server: Served;

beforeAll(async () => {
  project = new TestProject({ "steps/10_a.ts": "export const a = { long: 1 };\n" });
  expect((await project.run()).code).toBe(0);
  server = await served(project);
});
afterAll(async () => {
  await server?.stop();
  project?.dispose();
});

test("what is wrong on the server's side is not said to be the asker's fault", async () => {
  const { artifacts } = JSON.parse((await ask(server.port, "GET", "/api/records/1")).body) as { artifacts: { a: { digest: string } } };
  const { digest } = artifacts.a;
  const stored = `.stepbook/store/${digest.slice(0, 2)}/${digest}.value`;
  const bytes = project.read(stored);
  project.remove(stored);
  project.write(stored, "damaged");
  const answer = await ask(server.port, "GET", "/api/records/1/values/a");
  expect(JSON.parse(answer.body)).toMatchObject({ status: 500, code: expect.stringMatching(/^E_(?:ARTIFACT|DECODE)$/) });
  expect(answer.status).toBe(500);
  project.remove(stored);
  project.write(stored, bytes);
});

test("an address that answers another method says so, and which", async () => {
  const acting = { "x-stepbook-token": server.token, origin: server.url, "content-type": "application/json" };
  for (const [method, address, allow] of [
    ["POST", "/api/graph", "GET, HEAD"],
    ["POST", "/runs", "GET, HEAD"],
    ["GET", "/api/runs/current/cancel", "POST"],
    ["GET", "/api/models/tiny/aliases", "POST"],
    ["PUT", "/api/runs", "GET, HEAD, POST"],
  ] as const) {
    const answer = await ask(server.port, method, address, acting, method === "GET" ? undefined : "{}");
    expect(answer, `${method} ${address}`).toMatchObject({ status: 405, headers: { allow } });
    expect(JSON.parse(answer.body), address).toMatchObject({ status: 405 });
  }
  for (const address of ["/api/nowhere", "/nowhere"]) expect((await ask(server.port, "POST", address, acting, "{}")).status).toBe(404);
});

test("the head of the events is told and done: nobody listens by it", async () => {
  for (const address of ["/api/events", "/events?page=/"]) {
    const answer = await fetch(`${server.url}${address}`, { method: "HEAD" });
    expect([answer.status, answer.headers.get("content-type"), await answer.text()], address).toEqual([200, "text/event-stream", ""]);
  }
});

test("a viewer too many is told so as all else is that goes wrong, with the headers of every answer", async () => {
  const abort = new AbortController();
  const { signal } = abort;
  await Promise.all(Array.from({ length: 100 }, () => fetch(`${server.url}/api/events`, { signal })));
  for (const address of ["/api/events", "/events?page=/"]) {
    const answer = await ask(server.port, "GET", address);
    expect(answer.headers, address).toMatchObject({ ...safeHeaders, "content-type": "application/problem+json", "retry-after": "5" });
    expect(JSON.parse(answer.body)).toMatchObject({ status: 503, detail: "100 viewers listen already" });
  }
  abort.abort();
  await expect.poll(async () => (await ask(server.port, "GET", "/api/events")).status).toBe(200);
});
