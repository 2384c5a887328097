/** A secret goes through every door that a step has: nothing that is kept or told holds it, in any of the forms in which it is passed on. */
import { once } from "node:events";
import { readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { afterEach, expect, test } from "vitest";
import { type Result, TestProject } from "../rig/project.ts";

const canary = 'q7/Xv+9 zL%ä"w2K=pM?x';
const named = "named-like-a-secret-77";
const env = { CANARY: canary, OTHER_PASSWORD: named };

const base64 = (text: string) => Buffer.from(text).toString("base64");
/** As it is, in JSON, in base64 (alone; behind a user's name, without the last, shared digits), in an address. */
const forms = [
  canary,
  canary.replaceAll('"', "&#34;"),
  JSON.stringify(canary).slice(1, -1),
  base64(canary),
  base64(`user:${canary}`).slice(8, -4),
  base64(canary).replaceAll("+", "-").replaceAll("/", "_"),
  encodeURIComponent(canary),
  named,
];

const step = (body: string) =>
  `import { display, record, saveModel, secret, skip, sql, table, track } from "stepbook";\nimport { execFileSync } from "node:child_process";\nimport { writeSync } from "node:fs";\nconst key = secret("CANARY");\nvoid [display, record, saveModel, skip, sql, table, track, execFileSync, writeSync];\n${body}\n`;

const loud = {
  "steps/10_stdout.ts": step("console.log(`token ${key} of`, key.length);"),
  "steps/11_stderr.ts": step("console.error('token', key); console.log(JSON.stringify({ key }));"),
  "steps/12_pieces.ts": step(
    "for (const piece of `half ${key} half`) { process.stdout.write(piece); await new Promise((done) => setImmediate(done)); }",
  ),
  "steps/13_base64.ts": step(
    'console.log(Buffer.from(key).toString("base64"), Buffer.from(`user:${key}`).toString("base64"), Buffer.from(key).toString("base64url"));',
  ),
  "steps/14_url.ts": step("console.log(`https://example.org/?key=${encodeURIComponent(key)}`);"),
  // Below JavaScript, in pieces that the runner gets one by one.
  "steps/15_native.ts": step(
    "const bytes = Buffer.from(`native ${key}\\n`);\nfor (let at = 0; at < bytes.length; at += 5) { writeSync(1, bytes.subarray(at, at + 5)); await new Promise((done) => setTimeout(done, 5)); }",
  ),
  "steps/16_grandchild.ts": step(
    'execFileSync("sh", ["-c", "printf %s \\"$CANARY\\"; echo \\" $OTHER_PASSWORD\\" >&2"], { stdio: "inherit" });',
  ),
  "steps/20_message.ts": step("throw new Error(`401 for ${key}`);"),
  "steps/21_cause.ts": step("throw new Error('refused', { cause: new Error(key) });"),
  "steps/22_stack.ts": step(
    "const error = new Error('x');\nerror.stack = `Error: x\\n    at ${key} (steps/22_stack.ts:1:1)`;\nthrow error;",
  ),
  "steps/23_rejected.ts": step("void Promise.reject(`plain ${key}`);\nawait new Promise((done) => setTimeout(done, 50));"),
  "steps/24_skip.ts": step("skip(`no access with ${key}`);"),
  "steps/25_param.ts": 'import { param } from "stepbook";\nexport const length = param("token", "none").length;\n',
  "steps/26_named.ts": "console.log(process.env.OTHER_PASSWORD);\nthrow new Error(`login ${process.env.OTHER_PASSWORD}`);\n",
  "steps/27_file.ts": step(
    'import { existsSync } from "node:fs";\nexport const there = existsSync(`/nowhere/${encodeURIComponent(key)}`);',
  ),
};

/** Refused: step → the path that the failure names. */
const refused: Record<string, readonly [body: string, path: string]> = {
  "30_plain": ["export const token = key;", "token"],
  "31_object": ["export const request = { headers: [{}, { authorization: `Bearer ${key}` }] };", "request.headers[1].authorization"],
  "32_map": ['export const kept = new Map([["a", new Set([1, `x${key}`])]]);', 'kept.get("a")'],
  "33_encoded": ["export const url = `https://user:${encodeURIComponent(key)}@example.org`;", "url"],
  "34_bytes": ["export const bytes = Buffer.from(`....${key}`);", "bytes"],
  "35_table": ["export const rows = await sql`SELECT i, 'x' || ${key} AS note FROM range(3) r(i)`;", "rows.note"],
  "36_key": ["export const counts = { [key]: 1 };", "counts"],
  "40_display": ["await display({ key });", "display"],
  "41_track": ["for (const _ of track([1], `with ${key}`)) continue;", "track: the label"],
  "42_record": ['record("experiments", { note: `by ${key}` });', 'record("experiments").note'],
  "43_model": ['saveModel("m", { weights: [1] }, { trainedWith: { key } });', 'saveModel("m").card.trainedWith.key'],
};

function makeProject(wanted: (file: string) => boolean = () => true): TestProject {
  const silent = Object.fromEntries(Object.entries(refused).map(([id, [body]]) => [`steps/${id}.ts`, step(body)]));
  const steps = Object.fromEntries(Object.entries({ ...loud, ...silent }).filter(([file]) => wanted(file)));
  return new TestProject({
    ...steps,
    "experiments.sql": "CREATE TABLE IF NOT EXISTS experiments (experiment_id text PRIMARY KEY, note text);\n",
  });
}

let project: TestProject;
afterEach(() => project.dispose());

/** Every file that the engine keeps, and the user's folders that it writes. */
function kept(): [name: string, bytes: Buffer][] {
  const roots = [".stepbook", "models", "data"].filter((folder) => project.has(folder));
  const files = roots.flatMap((folder) =>
    readdirSync(project.path(folder), { recursive: true, encoding: "utf8" }).map((name) => path.join(folder, name)),
  );
  return files
    .filter((file) => statSync(project.path(file), { throwIfNoEntry: false })?.isFile())
    .map((file) => [file, readFileSync(project.path(file))]);
}

function hits(places: readonly (readonly [name: string, content: string | Buffer])[]): string[] {
  return places.flatMap(([name, content]) => forms.filter((form) => content.includes(form)).map((form) => `${name} holds ${form}`));
}

async function everything(
  extra: NodeJS.ProcessEnv = {},
): Promise<{ run: Awaited<ReturnType<TestProject["run"]>>; places: [string, string | Buffer][] }> {
  const options = { env: { ...env, ...extra } };
  // Opened before, so that the state's log is still there beside it.
  const ui = project.start(["ui", "--port", "0", "--json"], options);
  const [line] = (await once(ui.stdout!, "data")) as [Buffer];
  const { url } = JSON.parse(line.toString().split("\n")[0]!) as { url: string };
  const run = await project.run(["--keep-going", "-p", `token=${canary}`], options);
  const places: [string, string | Buffer][] = [["events", run.stdout], ["stderr of run --json", run.stderr], ...kept()];
  const commands = [
    ["run", "--keep-going"],
    ["show", "last"],
    ["runs", "--json"],
    ["mirror", "--json"],
    ["plan", "--json"],
    ["why", "26_named"],
  ];
  for (const words of commands) places.push(...told(words.join(" "), await project.command(words, options)));
  for (const id of ["10_stdout", "20_message"]) places.push(...told(`logs ${id}`, await project.command(["logs", "last~1", id])));
  const base = new URL(url).origin;
  for (const page of [
    "/",
    `/runs/${run.events[0]!.type === "run.started" ? run.events[0].run : ""}`,
    "/runs",
    "/graph",
    "/new",
    "/experiments.csv",
    "/runs/last/steps/10_stdout/log",
  ]) {
    places.push([`page ${page}`, await fetch(base + page).then((answer) => answer.text())]);
  }
  const ended = once(ui, "close");
  ui.kill();
  await ended;
  return { run, places: [...places, ...kept()] };
}

function told(name: string, { stdout, stderr }: Result): [string, string][] {
  return [
    [`${name}: stdout`, stdout],
    [`${name}: stderr`, stderr],
  ];
}

test("a secret is nowhere; what would keep it is refused by step, export and path", async () => {
  project = makeProject();
  const { run, places } = await everything();
  expect(hits(places)).toEqual([]);
  const failures = Object.fromEntries(run.events.flatMap((event) => (event.type === "step.failed" ? [[event.step, event.failure]] : [])));
  for (const [id, [, where]] of Object.entries(refused)) {
    expect(failures[id], id).toMatchObject({ code: "E_SECRET", step: id, message: expect.stringContaining("holds the secret CANARY") });
    expect(failures[id]!.message, id).toContain(where);
  }
  // What was said around it is still there.
  const lines = run.events.flatMap((event) => (event.type === "step.output" ? [`${event.step}: ${event.line}`] : []));
  expect(lines).toContain("10_stdout: token *** of 21");
  expect(lines).toContain("12_pieces: half *** half");
  expect(lines).toContain("14_url: https://example.org/?key=***");
  expect(lines).toContain("15_native: native ***");
  expect(lines).toContain("16_grandchild: ***");
  expect(failures["20_message"]!.message).toContain("401 for ***");
  expect(failures["26_named"]!.message).toContain("login ***");
  expect(places.map(([name]) => name)).toContain(path.join(".stepbook", "state.db-wal"));
  expect(run.steps["25_param"]!.status).toBe("ran");
});

test("its sabotaged twin is caught: with the mask off the secret is found in logs, events, errors, state and pages", async () => {
  project = makeProject((file) => /\/(?:10|20|25|26)_/.test(file));
  const { places } = await everything({ STEPBOOK_SABOTAGE: "mask-off" });
  const found = hits(places).map((hit) => hit.replace(/ holds .*$/s, ""));
  expect(found).toEqual(
    expect.arrayContaining(["events", "page /", "run --keep-going: stderr", "logs 10_stdout: stdout", path.join(".stepbook", "state.db")]),
  );
  expect(found.some((name) => name.endsWith("10_stdout.log"))).toBe(true);
});

test("another value makes the step run again; what is kept of it is a hash with a key", async () => {
  project = new TestProject({ "steps/10_a.ts": 'import { secret } from "stepbook";\nexport const length = secret("CANARY").length;\n' });
  expect((await project.run([], { env })).ran).toEqual(["10_a"]);
  expect((await project.run([], { env })).ran).toEqual([]);
  const changed = await project.run([], { env: { CANARY: "another-one" } });
  expect(changed.steps["10_a"]).toMatchObject({ status: "ran", reason: "environment variable CANARY changed" });
  expect(await project.value("10_a.length")).toBe(11);
  for (const [value, code] of [
    ["", "is not set"],
    ["abc", "has fewer than 4 characters"],
  ] as const) {
    const { events } = await project.run([], { env: { CANARY: value } });
    expect(events.find((event) => event.type === "step.failed")).toMatchObject({
      failure: { code: "E_SECRET", message: expect.stringContaining(code), remedy: expect.any(String), place: { file: "steps/10_a.ts" } },
    });
  }
});

test("a run that was given the secret's value as a param is not retried with what stands in its place", async () => {
  project = new TestProject({
    "steps/10_a.ts":
      'import { param, secret } from "stepbook";\nsecret("CANARY");\nexport const length = param("key", "none").length;\nthrow new Error("broken");\n',
  });
  expect((await project.run(["-p", `key=${env["CANARY"]}`], { env })).code).toBe(1);
  const again = await project.command(["run", "--retry", "last"], { env });
  expect(again.code).toBe(2);
  expect(again.stderr).toContain("stands for a secret that was not kept");
});
