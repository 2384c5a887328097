import { afterAll, beforeAll, expect, test } from "vitest";
import { finished, TestProject } from "../rig/project.ts";
import { ask, served, type Served } from "./rig.ts";

let project: TestProject;
let server: Served;
let first = "";

beforeAll(async () => {
  project = new TestProject({
    "steps/10_a.ts": "export const a = 1;\n",
    // Goes on when the test says so.
    "steps/20_gate.ts":
      'import { existsSync } from "node:fs";\nimport { a } from "./10_a.ts";\nexport const config = { cache: false };\nwhile (!existsSync("go")) await new Promise((resolve) => setTimeout(resolve, 20));\nexport const b = a;\n',
    "steps/30_c.ts": 'import { b } from "./20_gate.ts";\nexport const c = b;\n',
    "steps/40_d.ts": "export const d = 1;\n",
    go: "",
  });
  first = ((await project.run()).events[0] as { run: string }).run;
  server = await served(project);
});
afterAll(async () => {
  project?.write("go", "");
  await server?.stop();
  project?.dispose();
});

type Steps = { steps: { step: string; state: string; reason: string }[] };
const steps = async () => (JSON.parse((await ask(server.port, "GET", "/api/steps")).body) as Steps).steps;
const states = async () => Object.fromEntries((await steps()).map(({ step, state }) => [step, state]));
const page = async (address: string) => (await ask(server.port, "GET", address)).body;

test("while a run goes on, steps that have not had their turn wait", async () => {
  project.remove("go");
  const running = finished(project.start(["run"]));
  await expect.poll(states).toEqual({ "10_a": "reused", "20_gate": "running", "30_c": "waiting", "40_d": "waiting" });
  const notebook = await page("/");
  expect(notebook).toMatch(/id="outline-30_c">(?:(?!<\/li>).)*<span class="hidden">waiting<\/span>/);
  expect(notebook).toMatch(/id="step-30_c"[\s\S]*?s-waiting[\s\S]*?Until it is done, the outputs of run/);
  expect(await page("/graph")).toContain("<title>30_c: waiting</title>");
  const { run } = JSON.parse(await page("/api/steps")) as { run: { run: string } };
  expect(await page(`/runs/${run.run}`)).toMatch(/<li class="s-waiting"><a class="mono"[^>]*>30_c/);
  expect(await page("/runs")).toContain('title="30_c: waiting"');
  project.write("go", "");
  expect((await running).code).toBe(0);
  await expect.poll(states).toEqual({ "10_a": "reused", "20_gate": "ran", "30_c": "reused", "40_d": "reused" });
});

test("what takes no part in a run is shown from an earlier one, while it goes on and after", async () => {
  project.remove("go");
  const acting = { "x-stepbook-token": server.token, origin: server.url, "content-type": "application/json" };
  expect((await ask(server.port, "POST", "/api/runs", acting, '{"steps":["20_gate"]}')).status).toBe(202);
  await expect.poll(states).toEqual({ "10_a": "reused", "20_gate": "running", "30_c": "earlier", "40_d": "earlier" });
  project.write("go", "");
  await expect.poll(states).toEqual({ "10_a": "reused", "20_gate": "ran", "30_c": "earlier", "40_d": "earlier" });
  expect((await steps()).find(({ step }) => step === "30_c")!.reason).toBe(`from run ${first}`);
  expect(await page("/graph")).toContain("<title>30_c: earlier</title>");
  project.edit("steps/30_c.ts", "= b", "= b + 1");
  await expect.poll(states).toMatchObject({ "30_c": "stale", "40_d": "earlier" });
});

test("a step that has failed alone, and took no part in the newest run, says in which run it failed, and why", async () => {
  project.write(
    "steps/50_wrong.ts",
    'export const wrong: number = 1;\nconsole.log("close to it");\nif (wrong > 0) throw new Error("it is wrong");\n',
  );
  const { run } = (await project.run(["50_wrong"])).events[0] as { run: string };
  expect((await project.run(["10_a"])).code).toBe(0);
  await expect.poll(states).toMatchObject({ "50_wrong": "failed" });
  expect(await page("/")).toMatch(
    new RegExp(`id="step-50_wrong"[\\s\\S]*s-failed[\\s\\S]*in run ${run}: Error: it is wrong[\\s\\S]*steps/50_wrong.ts:3`),
  );
  const cell = /<section class="cell" id="step-50_wrong"[\s\S]*?<\/section>/.exec(await page("/"))![0];
  expect(cell).toContain(`It failed in run <a class="mono" href="/runs/${run}">`);
  expect(cell).toMatch(new RegExp(`<details class="fold" data-keep="log-50_wrong" open>[\\s\\S]*run ${run}</span>[\\s\\S]*close to it`));
  const { failure } = JSON.parse(await page("/api/steps/50_wrong")) as { failure: { message: string } | null };
  expect(failure?.message).toBe("Error: it is wrong");
});

test("a run that another runner is in the way of is refused in words of the pages", async () => {
  project.remove("go");
  const running = finished(project.start(["run"]));
  await expect.poll(states).toMatchObject({ "20_gate": "running" });
  const acting = { "x-stepbook-token": server.token, origin: server.url, "content-type": "application/json" };
  const { status, body } = await ask(server.port, "POST", "/api/runs", acting, "{}");
  project.write("go", "");
  expect([status, JSON.parse(body)]).toEqual([
    409,
    expect.objectContaining({
      code: "E_LOCKED",
      detail: expect.stringMatching(/^another runner \(pid \d+/),
      remedy: "wait for its end, then run again",
    }),
  ]);
  await running;
});

test("a run is found by a param in any letters, small or large", async () => {
  project.write("steps/60_named.ts", 'import { param } from "stepbook";\nexport const name = param("name", "");\n');
  const { run } = (await project.run(["60_named", "-p", "name=ÄRA Élan"])).events[0] as { run: string };
  const found = async (words: string) =>
    (JSON.parse(await page(`/find?q=${encodeURIComponent(words)}`)) as { kind: string; label: string }[])
      .filter(({ kind }) => kind === "run")
      .map(({ label }) => label);
  for (const words of ["ära", "ÄRA", "élan run", "NAME=ära"]) expect(await found(words), words).toEqual([run]);
  expect(await found("succeeded")).toContain(run);
  expect(await found("ära failed")).toEqual([]);
});

test("of a run that is not there no page tells anything", async () => {
  for (const address of ["/runs/20200101-000000-abcdef", "/runs/20200101-000000-abcdef/notebook"]) {
    const { status, body } = await ask(server.port, "GET", address);
    expect([status, body.includes("there is no run 20200101-000000-abcdef")], address).toEqual([404, true]);
  }
});

test("a step that is saved while the steps are being read is seen", async () => {
  for (let number = 60; number < 75; number++) {
    project.edit("steps/10_a.ts", /a = \d+/, `a = ${number}`);
    const reading = page("/api/graph");
    // While that read goes on, at another moment of it each time.
    for (let asked = 60; asked < number; asked++) await new Promise((resolve) => setImmediate(resolve));
    project.write(`steps/${number}_late.ts`, "export const late = 1;\n");
    await reading;
    expect(await page("/api/graph")).toContain(`"${number}_late"`);
  }
});
