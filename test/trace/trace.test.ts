import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { afterEach, expect, test } from "vitest";
import { type Result, TestProject } from "../rig/project.ts";
import { Scheduled, scheduled, until } from "../schedule/rig.ts";
import { openState } from "../../src/record/state.ts";

interface Sent {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: { key: string; value: Record<string, unknown> }[];
  readonly status: { code?: number; message?: string };
}

/** A collector: takes what is posted, and answers as it is told, or not at all. */
class Collector {
  readonly requests: { url: string; headers: IncomingHttpHeaders; body: string }[] = [];
  readonly #server: Server;

  private constructor(answer: number | null) {
    this.#server = createServer(async (request, response) => {
      let body = "";
      for await (const chunk of request) body += String(chunk);
      this.requests.push({ url: request.url!, headers: request.headers, body });
      if (answer !== null) response.writeHead(answer, { "content-type": "application/json" }).end("{}");
    });
  }

  static async open(answer: number | null = 200): Promise<Collector> {
    const collector = new Collector(answer);
    await new Promise<void>((resolve) => collector.#server.listen(0, "127.0.0.1", resolve));
    return collector;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as { port: number }).port}`;
  }

  get spans(): Sent[] {
    type Payload = { resourceSpans: { scopeSpans: { spans: Sent[] }[] }[] };
    return this.requests.flatMap(({ body }) =>
      (JSON.parse(body) as Payload).resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans)),
    );
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

let project: TestProject;
let collector: Collector;
afterEach(() => {
  collector.close();
  project.dispose();
});

const steps = {
  "steps/10_a.ts": "export const a = 1;\n",
  "steps/20_flaky.ts":
    'import { existsSync, writeFileSync } from "node:fs";\nimport { a } from "./10_a.ts";\nexport const config = { retries: 1, retryDelay: 10 };\nif (!existsSync("mark")) { writeFileSync("mark", ""); throw new Error("first time"); }\nexport const b = a;\n',
  "steps/30_broken.ts": 'import { b } from "./20_flaky.ts";\nif (b) throw new TypeError("no <good>");\nexport const c = 1;\n',
  "steps/40_after.ts": 'import { c } from "./30_broken.ts";\nexport const d = c;\n',
};

const valuesOf = ({ attributes }: Sent): Record<string, unknown> =>
  Object.fromEntries(
    attributes.map(({ key, value }) => [
      key.replace("stepbook.", ""),
      "intValue" in value ? Number(value["intValue"]) : Object.values(value)[0],
    ]),
  );

function wellFormed(spans: readonly Sent[]): void {
  const ids = new Set(spans.map(({ spanId }) => spanId));
  expect(ids.size).toBe(spans.length);
  for (const span of spans) {
    expect(span.traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(span.spanId).toMatch(/^[0-9a-f]{16}$/);
    expect(span.kind).toBe(1);
    expect(span.startTimeUnixNano).toMatch(/^\d{19}$/);
    expect(BigInt(span.endTimeUnixNano) >= BigInt(span.startTimeUnixNano)).toBe(true);
    for (const { key, value } of span.attributes)
      expect([["stringValue"], ["boolValue"], ["intValue"]], key).toContainEqual(Object.keys(value));
    if (span.parentSpanId === undefined) continue;
    const parent = spans.find(({ spanId }) => spanId === span.parentSpanId)!;
    expect(parent.traceId).toBe(span.traceId);
    expect(
      BigInt(parent.startTimeUnixNano) <= BigInt(span.startTimeUnixNano) && BigInt(parent.endTimeUnixNano) >= BigInt(span.endTimeUnixNano),
      `${span.name} within ${parent.name}`,
    ).toBe(true);
  }
}

test("a run is a trace: run → step → attempt, with status, reason and what was cached", async () => {
  collector = await Collector.open();
  project = new TestProject(steps);
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: `${collector.url}/`,
    OTEL_EXPORTER_OTLP_HEADERS: "x-key=a%20b, x-other=2",
    OTEL_SERVICE_NAME: "training",
    OTEL_RESOURCE_ATTRIBUTES: "deployment.environment=test",
  };
  const first = await project.run([], { env });
  expect(first.code).toBe(1);
  expect(collector.requests[0]).toMatchObject({
    url: "/v1/traces",
    headers: { "content-type": "application/json", "x-key": "a b", "x-other": "2" },
  });
  expect(JSON.parse(collector.requests[0]!.body)).toMatchObject({
    resourceSpans: [
      {
        resource: {
          attributes: [
            { key: "service.name", value: { stringValue: "training" } },
            { key: "deployment.environment", value: { stringValue: "test" } },
          ],
        },
        scopeSpans: [{ scope: { name: "stepbook" } }],
      },
    ],
  });
  if (process.env["STEPBOOK_KEEP_OTLP"]) writeFileSync(process.env["STEPBOOK_KEEP_OTLP"], collector.requests[0]!.body);
  const { spans } = collector;
  wellFormed(spans);
  const named = (name: string) => spans.find((span) => span.name === name)!;
  const run = named("run");
  const id = (first.events.find(({ type }) => type === "run.started") as { run: string }).run;
  expect(run.traceId).toBe(createHash("sha256").update(id).digest("hex").slice(0, 32));
  expect(
    spans
      .map(({ name, parentSpanId }) => [name, spans.find(({ spanId }) => spanId === parentSpanId)?.name])
      .sort((a, b) => (a[0]! < b[0]! ? -1 : 1)),
  ).toEqual([
    ["10_a", "run"],
    ["10_a attempt 1", "10_a"],
    ["20_flaky", "run"],
    ["20_flaky attempt 1", "20_flaky"],
    ["20_flaky attempt 2", "20_flaky"],
    ["30_broken", "run"],
    ["30_broken attempt 1", "30_broken"],
    ["40_after", "run"],
    ["run", undefined],
  ]);
  expect(valuesOf(run)).toMatchObject({ run: id, trigger: "manual", status: "failed", steps: 4 });
  expect(valuesOf(named("10_a"))).toEqual({
    run: id,
    step: "10_a",
    reason: "first run",
    reason_code: "first-run",
    status: "ran",
    cached: false,
    attempts: 1,
    changed: 1,
  });
  expect(valuesOf(named("20_flaky"))).toMatchObject({ status: "ran", attempts: 2 });
  expect(named("20_flaky attempt 1")).toMatchObject({ status: { code: 2, message: expect.stringContaining("first time") } });
  expect(valuesOf(named("20_flaky attempt 1"))).toMatchObject({
    step: "20_flaky",
    attempt: 1,
    status: "failed",
    "error.type": "E_STEP_THREW",
  });
  expect([named("20_flaky attempt 2").status, named("20_flaky").status]).toEqual([{}, {}]);
  expect(named("30_broken").status).toEqual({ code: 2, message: expect.stringContaining("no <good>") });
  expect(valuesOf(named("40_after"))).toMatchObject({ status: "skipped", cached: false, reason: "30_broken failed" });

  const before = spans.length;
  await project.run(["10_a"], { env });
  const [reused, second] = collector.spans.slice(before);
  expect(valuesOf(reused!)).toMatchObject({ step: "10_a", status: "cached", cached: true, reused_from: id, reason_code: "unchanged" });
  expect(second!.traceId).not.toBe(run.traceId);
  expect(second!.status).toEqual({});
});

test.each([
  ["is not there", undefined],
  ["refuses", 500],
  ["never answers", null],
] as const)("a collector that %s is no trouble of the run", async (_, answer) => {
  collector = await Collector.open(answer ?? null);
  const url = collector.url;
  if (answer === undefined) collector.close();
  project = new TestProject({ "steps/10_a.ts": "export const a = 1;\n" });
  const run = await project.run([], { env: { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${url}/t` } });
  expect(run.code).toBe(0);
  expect(run.events.at(-1)).toMatchObject({ type: "run.finished", status: "succeeded" });
  expect(run.stderr).toContain("spans are lost");
});

test.each([[{}], [{ OTEL_SDK_DISABLED: "true" }], [{ OTEL_TRACES_EXPORTER: "none" }]])(
  "nothing is sent where it is not wanted: %o",
  async (env: NodeJS.ProcessEnv) => {
    collector = await Collector.open();
    project = new TestProject({ "steps/10_a.ts": "export const a = 1;\n" });
    const run: Result = await project.run([], {
      env: Object.keys(env).length === 0 ? {} : { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, ...env },
    });
    expect(run.code).toBe(0);
    expect(collector.requests).toEqual([]);
  },
);

test("the scheduler's runs: spans, and log lines that name schedule, slot, run and step", async () => {
  collector = await Collector.open();
  project = scheduled('train: { cron: "* * * * *" }', { "steps/10_a.ts": 'console.log("hello\\u001b[2J");\nexport const a = 1;\n' });
  const scheduler = new Scheduled(project, ["--no-ui"], { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
  await scheduler.says("scheduling train");
  const db = openState(project.folder);
  db.prepare("UPDATE schedules SET seen = ?").run(Date.now() - 59_000);
  db.close();
  await scheduler.says(": succeeded");
  await until(() => collector.spans.some(({ name }) => name === "run"));
  expect(await scheduler.end()).toBe(0);
  const { log } = scheduler;
  for (const line of log)
    expect(line).toMatchObject({
      level: expect.stringMatching(/^(?:info|warn|error)$/),
      time: expect.stringMatching(/^\d{4}-.*Z$/),
      msg: expect.any(String),
    });
  const printed = log.find(({ msg }) => String(msg).startsWith("hello"))!;
  const ended = log.find(({ msg }) => String(msg).endsWith(": succeeded"))!;
  expect(printed).toMatchObject({ schedule: "train", slot: ended["slot"], run: ended["run"], step: "10_a", stream: "stdout" });
  const root = collector.spans.find(({ name }) => name === "run")!;
  expect(valuesOf(root)).toMatchObject({ run: ended["run"], trigger: "cron", logical_date: ended["slot"], status: "succeeded" });
});
