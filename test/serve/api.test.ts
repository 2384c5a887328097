import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { Validator } from "@seriousme/openapi-schema-validator";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeAll, expect, test } from "vitest";
import { addressOf } from "../../src/serve/api/openapi.ts";
import type { Notice } from "../../src/serve/live.ts";
import { routes } from "../../src/serve/routes/all.ts";
import { built, root } from "../rig/build.ts";
import { finished, type TestProject } from "../rig/project.ts";
import { ask, everyState, served, type Answer, type Served } from "./rig.ts";

interface OpenApi {
  readonly paths: Record<
    string,
    Record<string, { operationId: string; responses: Record<string, object>; requestBody?: object; security?: object[] }>
  >;
}

const api = routes.filter((route) => route.path.startsWith("/api"));
const runs: string[] = [];
let project: TestProject;
let server: Served;
let document: OpenApi;
let ajv: Ajv2020;

beforeAll(async () => {
  project = everyState();
  project.edit(
    "steps/10_load.ts",
    "export const hostile",
    'export const figure = { [Symbol.for("Jupyter.display")]: () => ({ "text/plain": "drawn" }) };\nexport const hostile',
  );
  project.write(
    "schedule.mjs",
    `import { schedule } from ${JSON.stringify(path.join(built, "schedule.js"))};\nawait schedule({ train: { cron: "@daily" } });\n`,
  );
  for (const words of [["-p", "pause=2"], []]) {
    const { events } = await project.run(["--keep-going", ...words]);
    runs.unshift((events.find((event) => event.type === "run.started") as { run: string }).run);
  }
  await finished(spawn(process.execPath, [project.path("schedule.mjs"), "--once"], { cwd: project.folder }));
  const midnight = `${new Date().toISOString().slice(0, 10)}T00:00:00.000Z`;
  await project.command(["backfill", "--from", midnight, "--to", midnight]);
  server = await served(project);
  document = JSON.parse((await ask(server.port, "GET", "/api/openapi.json")).body) as OpenApi;
  ajv = new Ajv2020({ strict: false, allErrors: true }).addFormat("date-time", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
  ajv.addSchema({ $id: "api", ...(closed(document) as object) });
});
afterAll(async () => {
  await server?.stop();
  project?.dispose();
});

/** Every object with named fields may have no others: what an answer holds and the document does not say is found. */
function closed(schema: unknown): unknown {
  if (typeof schema !== "object" || schema === null) return schema;
  if (Array.isArray(schema)) return schema.map(closed);
  const inside = Object.fromEntries(Object.entries(schema).map(([name, value]) => [name, closed(value)]));
  return "properties" in schema && "required" in schema && !("additionalProperties" in schema)
    ? { ...inside, additionalProperties: false }
    : inside;
}

/** What is wrong with an answer by the document. */
function faults(method: string, template: string, { status, headers, body }: Answer): unknown[] {
  const { responses } = document.paths[template]![method.toLowerCase()]!;
  const said = responses[String(status)] ? String(status) : `${String(status)[0]}XX`;
  const type = String(headers["content-type"]).split(";")[0]!;
  const at = ["paths", template, method.toLowerCase(), "responses", said, "content", type, "schema"]
    .map((part) => part.replaceAll("~", "~0").replaceAll("/", "~1"))
    .map(encodeURIComponent)
    .join("/");
  const valid = ajv.compile({ $ref: `api#/${at}` });
  return valid(JSON.parse(body))
    ? []
    : [template, ...valid.errors!.map(({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`)];
}

function acting(): Record<string, string> {
  return { "x-stepbook-token": server.token, origin: server.url, "content-type": "application/json" };
}

test("the document is OpenAPI 3.1, and holds just what is answered", async () => {
  const found = await new Validator().validate(structuredClone(document) as object as Record<string, unknown>);
  expect(found.errors ?? []).toEqual([]);
  const documented = Object.entries(document.paths).flatMap(([address, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${address}`),
  );
  expect(documented.sort()).toEqual(api.map((route) => `${route.method} ${addressOf(route.path)}`).sort());
  expect(api.filter((route) => route.api === undefined).map(({ path: address }) => address)).toEqual([]);
  const ids = Object.values(document.paths).flatMap((methods) => Object.values(methods).map(({ operationId }) => operationId));
  expect(new Set(ids).size).toBe(ids.length);
  for (const methods of Object.values(document.paths))
    if (methods["post"]) expect(methods["post"]).toMatchObject({ security: [{ token: [] }], requestBody: expect.anything() });
});

test("each kind of event is described", () => {
  // A kind that is missing here, or too many, does not compile.
  const kinds: Record<Notice["type"] | "run", true> = { change: true, progress: true, log: true, run: true };
  const texts = [
    readFileSync(path.join(root, "docs/api.md"), "utf8"),
    (document.paths["/api/events"]!["get"] as unknown as { summary: string }).summary,
  ];
  for (const kind of Object.keys(kinds)) for (const text of texts) expect(text).toContain(`\`${kind}\``);
});

test("every address that reads answers as the document says", async () => {
  const { steps } = JSON.parse((await ask(server.port, "GET", "/api/steps")).body) as { steps: { step: string; record: number }[] };
  const record = steps.find(({ step }) => step === "10_load")!.record;
  const [newest, first] = runs as [string, string];
  const asked: [string, string][] = [
    ["/api/graph", "/api/graph"],
    ["/api/steps", "/api/steps"],
    ["/api/params", "/api/params"],
    ["/api/openapi.json", "/api/openapi.json"],
    ...["10_load", "20_flaky", "30_broken", "40_after", "50_slow"].flatMap((step): [string, string][] => [
      ["/api/steps/{step}", `/api/steps/${step}`],
      ["/api/runs/{run}/steps/{step}", `/api/runs/${newest}/steps/${step}`],
    ]),
    ["/api/runs", "/api/runs"],
    ["/api/runs", "/api/runs?offset=1&limit=1&status=failed"],
    ["/api/runs/{run}", `/api/runs/${newest}`],
    ["/api/runs/{run}/steps/{step}/log", `/api/runs/${first}/steps/30_broken/log`],
    ["/api/records/{record}", `/api/records/${record}`],
    ["/api/records/{record}/values/{name}", `/api/records/${record}/values/hostile`],
    ["/api/records/{record}/figures/{name}", `/api/records/${record}/figures/figure`],
    ["/api/records/{record}/displays/{index}", `/api/records/${record}/displays/0`],
    ["/api/records/{record}/tables/{name}", `/api/records/${record}/tables/rows`],
    ["/api/compare", `/api/compare?before=${first}&after=${newest}`],
    ["/api/experiments", "/api/experiments?sort=pause&down=1"],
    ["/api/models", "/api/models"],
    ["/api/models/{model}", "/api/models/tiny"],
    ["/api/schedules", "/api/schedules"],
    ["/api/slots", "/api/slots?schedule=train&limit=5"],
    ["/api/backfills", "/api/backfills?schedule=train&from=2026-01-01&to=2026-01-03"],
  ];
  for (const [template, address] of asked) {
    const answer = await ask(server.port, "GET", address);
    expect(answer.status, `${address} ${answer.body.slice(0, 300)}`).toBe(200);
    expect(faults("GET", template, answer), address).toEqual([]);
  }
  const covered = new Set([...asked.map(([template]) => template), "/api/events"]);
  expect(
    Object.entries(document.paths).flatMap(([address, methods]) => ("get" in methods && !covered.has(address) ? [address] : [])),
  ).toEqual([]);
});

test("a step that printed nothing has an empty log; one that did not run has none", async () => {
  const [, first] = runs as [string, string];
  // As if it had printed nothing.
  project.remove(`.stepbook/runs/${first}/50_slow.log`);
  for (const address of [`/api/runs/${first}/steps/50_slow/log`, `/runs/${first}/steps/50_slow/log`])
    expect(await ask(server.port, "GET", address), address).toMatchObject({ status: 200 });
  expect((await ask(server.port, "GET", `/runs/${first}/steps/50_slow/log`)).body).toBe("");
  for (const address of [`/api/runs/${first}/steps/40_after/log`, `/runs/${first}/steps/40_after/log`])
    expect((await ask(server.port, "GET", address)).status, address).toBe(404);
});

test("the answers hold what they should", async () => {
  const read = async (address: string) => JSON.parse((await ask(server.port, "GET", address)).body) as Record<string, any>;
  const [newest, first] = runs as [string, string];
  expect(await read("/api/runs?status=failed&limit=1")).toMatchObject({ total: expect.any(Number), runs: [{ status: "failed" }] });
  expect((await read(`/api/runs/${first}`))["steps"]).toEqual(
    expect.arrayContaining([
      expect.objectContaining({
        step: "30_broken",
        status: "failed",
        failure: expect.objectContaining({ place: expect.objectContaining({ file: "lib/parse.ts" }) }),
      }),
    ]),
  );
  const { record } = await read(`/api/runs/${newest}/steps/10_load`);
  const rows = `/api/records/${record.id as number}/tables/rows`;
  expect(
    (await read(`${rows}?filter=id:%3E=4990&filter=third:true&sort=id&down=1&limit=2`))["rows"].map((row: string[]) => row[0]),
  ).toEqual(["4998", "4995"]);
  expect((await read(`/api/compare?before=${first}&after=${newest}`))["differences"]).toContainEqual({
    type: "param",
    step: "50_slow",
    name: "pause",
    before: 2,
    after: 1,
  });
  expect((await read("/api/experiments"))["rows"].length).toBeGreaterThanOrEqual(2);
  expect((await read("/api/slots"))["slots"]).toMatchObject([{ schedule: "train", trigger: "backfill" }]);
  expect(Date.parse((await read("/api/schedules"))["schedules"][0].next[0] as string)).toBeGreaterThan(Date.now());
  expect((await read(`/api/records/${record.id as number}/values/hostile`))["value"]).toEqual({
    "<b>key</b>": "</script><script>alert(1)</script>",
  });
});

test("what is wrong is a problem with the engine's code and what to do", async () => {
  const cases: [string, string, Record<string, string>, string, number, string | undefined, string][] = [
    ["GET", "/api/nowhere", {}, "", 404, "E_NOT_FOUND", ""],
    ["GET", `/api/runs/20200101-000000-abcdef`, {}, "", 404, "E_NOT_FOUND", "/api/runs/{run}"],
    ["GET", "/api/runs?status=odd", {}, "", 400, "E_USAGE", "/api/runs"],
    ["GET", "/api/records/1/tables/rows?sort=scor", {}, "", 400, "E_USAGE", "/api/records/{record}/tables/{name}"],
    ["GET", "/api/records/1/tables/rows?filter=nothing", {}, "", 400, "E_USAGE", "/api/records/{record}/tables/{name}"],
    ["GET", "/api/records/1/values/rows", {}, "", 404, "E_NOT_FOUND", "/api/records/{record}/values/{name}"],
    ["GET", "/api/records/1/tables/rows?down=yes", {}, "", 400, "E_USAGE", "/api/records/{record}/tables/{name}"],
    ["GET", "/api/runs?limit=", {}, "", 400, "E_USAGE", "/api/runs"],
    ["GET", "/api/runs?limit=ten", {}, "", 400, "E_USAGE", "/api/runs"],
    ["GET", "/api/runs?limti=10", {}, "", 400, "E_USAGE", "/api/runs"],
    ["GET", "/api/slots?offset=-1", {}, "", 400, "E_USAGE", "/api/slots"],
    ["GET", "/api/experiments?sort=scor", {}, "", 400, "E_USAGE", "/api/experiments"],
    ["GET", "/api/slots?schedule=trian", {}, "", 404, "E_NOT_FOUND", "/api/slots"],
    ["GET", "/api/events?step=10_load", {}, "", 400, "E_USAGE", ""],
    ["GET", "/api/compare?before=&after=", {}, "", 400, "E_USAGE", "/api/compare"],
    ["GET", "/api/compare", {}, "", 400, "E_USAGE", "/api/compare"],
    ["GET", "/api/experiments?table=experimants", {}, "", 404, "E_NOT_FOUND", "/api/experiments"],
    ["GET", "/api/runs", { host: "evil.example" }, "", 421, undefined, "/api/runs"],
    ["POST", "/api/runs", { "content-type": "application/json" }, "{}", 401, undefined, "/api/runs"],
    ["POST", "/api/runs", acting(), '{"params":{"pose":"1"}}', 400, "E_PARAM_UNKNOWN", "/api/runs"],
    ["POST", "/api/runs", acting(), '{"steps":7}', 400, "E_USAGE", "/api/runs"],
    ["POST", "/api/runs/current/cancel", acting(), "{}", 404, "E_NOT_FOUND", "/api/runs/current/cancel"],
    ["POST", "/api/models/tiny/aliases", acting(), '{"alias":"production","version":9}', 404, "E_NOT_FOUND", "/api/models/{model}/aliases"],
  ];
  for (const [method, address, headers, body, status, code, template] of cases) {
    const answer = await ask(server.port, method, address, headers, body === "" ? undefined : body);
    expect(answer.status, `${address} ${answer.body}`).toBe(status);
    expect(answer.headers["content-type"], address).toBe("application/problem+json");
    expect(JSON.parse(answer.body), address).toMatchObject({
      type: "about:blank",
      status,
      detail: expect.stringMatching(/\w/),
      ...(code === undefined ? {} : { code }),
    });
    if (template !== "") expect(faults(method, template, answer), address).toEqual([]);
  }
  const told = async (address: string) => JSON.parse((await ask(server.port, "GET", address)).body) as object;
  for (const address of ["/api/records/1/tables/rows?sort=scor", "/api/experiments?sort=scor"])
    expect(await told(address)).toMatchObject({ remedy: 'did you mean "score"?' });
  expect(await told("/api/runs?limti=10")).toMatchObject({ remedy: 'did you mean "limit"?' });
  expect(await told("/api/backfills?schedule=train")).toMatchObject({ detail: "from is missing" });
  expect(
    JSON.parse((await ask(server.port, "POST", "/api/models/tiny/aliases", acting(), '{"alias":"production","version":0}')).body),
  ).toMatchObject({ status: 400, detail: "the body is not an alias", remedy: expect.stringContaining("versions begin at 1") });
});

test("acts answer as the document says, and no act without the token", async () => {
  for (const route of api.filter(({ method }) => method === "POST")) {
    const address = route.path
      .replace(/:run/, runs[0]!)
      .replace(/:model/, "tiny")
      .replace(/:version/, "1")
      .replace(/:schedule/, "train");
    expect(
      (await ask(server.port, "POST", address, { origin: server.url, "content-type": "application/json" }, "{}")).status,
      route.path,
    ).toBe(401);
  }
  for (const [act, paused] of [
    ["pause", expect.any(String)],
    ["resume", null],
  ] as const) {
    const answer = await ask(server.port, "POST", `/api/schedules/train/${act}`, acting(), "{}");
    expect([answer.status, faults("POST", `/api/schedules/{schedule}/${act}`, answer)]).toEqual([200, []]);
    expect(JSON.parse((await ask(server.port, "GET", "/api/schedules")).body)).toMatchObject({
      schedules: [{ name: "train", paused: paused as unknown }],
    });
  }
  const aliased = await ask(server.port, "POST", "/api/models/tiny/aliases", acting(), '{"alias":"production","version":1}');
  expect([aliased.status, faults("POST", "/api/models/{model}/aliases", aliased)]).toEqual([200, []]);
  expect(JSON.parse((await ask(server.port, "GET", "/api/models")).body)).toMatchObject({
    models: [{ name: "tiny", aliases: ["production"] }],
  });
});

test("a run is started and followed by its events to its end", async () => {
  const abort = new AbortController();
  const stream = await fetch(`${server.url}/api/events`, { signal: abort.signal });
  const heard = listen(stream, (text) => text.includes('"type":"run.finished"'));
  const started = await ask(server.port, "POST", "/api/runs", acting(), '{"params":{"pause":"4"},"steps":["50_slow"]}');
  expect([started.status, faults("POST", "/api/runs", started)]).toEqual([202, []]);
  const text = await heard;
  abort.abort();
  const { run } = JSON.parse(started.body) as { run: string };
  const events = [...text.matchAll(/^event: run\ndata: (.+)$/gm)].map(([, data]) => JSON.parse(data!) as { type: string; run?: string });
  expect(events.map(({ type }) => type)).toEqual(
    expect.arrayContaining(["run.started", "step.started", "step.progress", "row.recorded", "step.ran", "run.finished"]),
  );
  expect(new Set(events.flatMap((event) => event.run ?? []))).toEqual(new Set([run]));
  expect(text).toMatch(/^event: change\ndata: \{\}$/m);
  expect(text).toMatch(/^event: progress\ndata: \{"step":"50_slow","label":"items",/m);
});

async function listen(stream: Response, until: (text: string) => boolean): Promise<string> {
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of stream.body as unknown as AsyncIterable<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true });
    if (until(text)) break;
  }
  return text;
}

test("the examples of docs/api.md run", async () => {
  const examples = [...readFileSync(path.join(root, "docs/api.md"), "utf8").matchAll(/```js\n([\s\S]*?)```/g)].map(([, code]) => code!);
  expect(examples).toHaveLength(2);
  const told: string[] = [];
  for (const code of examples) {
    writeFileSync(project.path("example.mjs"), code);
    const {
      code: exit,
      stdout,
      stderr,
    } = await finished(
      spawn(process.execPath, ["example.mjs"], { cwd: project.folder, env: { ...process.env, STEPBOOK_URL: server.url } }),
    );
    expect(exit, stderr).toBe(0);
    told.push(stdout);
  }
  expect(told[0]).toContain(runs[0]!);
  expect(told[0]).toMatch(/^10_load reused /m);
  expect(told[1]).toMatch(/^started \d{8}-/);
});
