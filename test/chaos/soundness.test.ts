/**
 * The promise of the cache: after any sequence of edits, an incremental run gives what a clean run
 * gives, and runs nothing that the edit cannot reach. Random pipelines, random edits, the engine as it ships: graph, plan, store,
 * records and the program of the steps. What is saved is starting: the runner is called in this process, and a step takes a process
 * that others had before, as `isolation: "shared"` lets it (test/rig/kept-pool.ts); one in 100, and those with packages, has its own.
 * What each step must come to is plain arithmetic; a share of the states is run clean besides, to test the arithmetic.
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { defaultRunOptions } from "../../src/config.ts";
import { Cancellation } from "../../src/execute/cancel.ts";
import type { Finished } from "../../src/execute/finished.ts";
import type * as Unchanged from "../../src/execute/unchanged.ts";
import { runPipeline } from "../../src/execute/pipeline.ts";
import { latestModel, recordById } from "../../src/record/records.ts";
import { runSteps } from "../../src/record/runs.ts";
import type * as Pool from "../../src/execute/pool.ts";
import { openState } from "../../src/record/state.ts";
import { endKept } from "../rig/kept-pool.ts";
import { inMemory } from "../rig/memory.ts";
import { TestProject } from "../rig/project.ts";
import { applyEdit, type Edit, edits, isHarmless, type Pipeline, pipelines } from "./pipelines.ts";
import { render } from "./render.ts";
import { part, seed, trials } from "./trials.ts";
import { expectedDigests, truth } from "./truth.ts";

vi.mock("../../src/execute/pool.ts", async (original) => {
  const { keptPool } = await import("../rig/kept-pool.ts");
  return keptPool(await original<typeof Pool>());
});

vi.mock("../../src/execute/unchanged.ts", async (original) => {
  const real = await original<typeof Unchanged>();
  return {
    ...real,
    runUnchanged: async (...its: Parameters<typeof real.runUnchanged>) => counted.answered(await real.runUnchanged(...its)),
  };
});

inMemory();

// Here files lie still long enough after 20 ms (tmpfs tells 4 ms apart), so that a plan is kept at once; the engine waits for 2 s.
// In some states it does here too: all files and folders are young then.
const clock = Date.now;
let young = false;
vi.spyOn(Date, "now").mockImplementation(() => clock() + (young ? 0 : 3000));

/** One in so many states is run clean besides. */
const cleanShare = 50;
const counted = vi.hoisted(() => ({
  states: 0,
  clean: 0,
  ran: 0,
  reused: 0,
  kept: 0,
  answered<T>(by: T | undefined): T | undefined {
    if (by !== undefined) this.kept++;
    return by;
  },
}));

test("incremental equals clean", { timeout: 6 * 3600_000 }, async () => {
  const property = fc.asyncProperty(
    pipelines,
    fc.array(edits, { minLength: 1, maxLength: 6 }),
    fc.boolean(),
    fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }),
    check,
  );
  // One sequence a trial: each is shrunk by itself where it fails.
  await trials("oracle", async (nth, notes) => {
    await fc.assert(property, { numRuns: 1, seed: seed + part * 1_000_000 + nth });
    notes.note = `${counted.states} states, ${counted.clean} of them run clean besides; ${counted.ran} steps ran, ${counted.reused} were reused; ${counted.kept} runs were answered by a kept plan`;
  });
});

let base: string;
beforeAll(() => (base = mkdtempSync(path.join(tmpdir(), "stepbook-oracle-"))));
afterAll(() => {
  endKept();
  rmSync(base, { recursive: true, force: true });
});

/** Always the same folder, emptied: the processes of the steps before are in it. */
function projectIn(name: string, pipeline: Pipeline): TestProject {
  const folder = path.join(base, name);
  mkdirSync(folder, { recursive: true });
  for (const entry of readdirSync(folder)) rmSync(path.join(folder, entry), { recursive: true });
  const project = new TestProject(render(pipeline), folder);
  symlinkSync("../packages/linked", project.path("node_modules/linked"));
  return project;
}

/**
 * @param again whether it is run once more before each edit, which keeps a plan where nothing else runs, and once more at the end
 * @param youth after which edits all files are young
 */
async function check(first: Pipeline, sequence: readonly Edit[], again: boolean, youth: readonly boolean[]): Promise<void> {
  const project = projectIn("incremental", first);
  const history = [first];
  const met = new Set<string>();
  // What is taken from the store may be of an earlier state: it is missed when that comes back.
  let disturbed = false;
  await aTick(first);
  await checkState(project, first, met, "the first run");
  for (const [nth, edit] of sequence.entries()) {
    if (again) await checkState(project, history.at(-1)!, met, "again", disturbed);
    const before = history.at(-1)!;
    const pipeline = applyEdit(before, edit, history);
    change(project, before, pipeline);
    if (before.data !== pipeline.data) await aTick(pipeline);
    disturbed = disturb(project, edit) || disturbed;
    // What a step that runs reads from a young file is used once.
    young = youth[nth]! && (isHarmless(edit) || !readsFiles(pipeline));
    const { ran } = await checkState(project, pipeline, met, JSON.stringify(edit), disturbed).finally(() => (young = false));
    if (isHarmless(edit)) expect(ran, JSON.stringify(edit)).toEqual([]);
    history.push(pipeline);
  }
  if (again) for (const time of ["once more", "and again"]) await checkState(project, history.at(-1)!, met, time, disturbed);
}

/** A file that changed less than 20 ms before it is read might change again unseen: that result is used once. */
async function aTick(pipeline: Pipeline): Promise<void> {
  if (readsFiles(pipeline)) await sleep(25);
}

function readsFiles({ steps }: Pipeline): boolean {
  return steps.some(({ reads }) => reads.includes("file"));
}

/** Runs, and compares results, models and what ran with the truth. */
async function checkState(
  project: TestProject,
  pipeline: Pipeline,
  met: Set<string>,
  what: string,
  disturbed = false,
): Promise<{ ran: string[] }> {
  const finished = await runIn(project, pipeline);
  const found = results(project, finished, pipeline);
  const { tables, values } = split(found);
  expect(values, what).toEqual(expectedDigests(pipeline));
  checkTables(pipeline, tables);
  const all = [...truth(pipeline)];
  const reached = all.filter(([, { key }]) => !met.has(key)).map(([name]) => name);
  const ran = finished.steps.filter(({ status }) => status === "ran").map(({ step }) => step.replace(/^\d+_/, ""));
  if (disturbed) expect(ran, what).toEqual(expect.arrayContaining(reached));
  else expect([...ran].sort(), `${what}: what runs is what it reaches`).toEqual(reached.sort());
  for (const [, { key }] of all) met.add(key);
  counted.states++;
  counted.ran += ran.length;
  counted.reused += finished.steps.length - ran.length;
  if (counted.states % cleanShare === 0) expect(found, what).toEqual(await cleanResults(pipeline));
  return { ran };
}

/** Digests of tables by what is in them: equal where that is equal, and only there. */
const tableOf = new Map<number, string>();
const tableHolds = new Map<string, number>();

function checkTables(pipeline: Pipeline, tables: Readonly<Record<string, string>>): void {
  const all = truth(pipeline);
  for (const [name, digest] of Object.entries(tables)) {
    const { sum } = all.get(name.slice(0, -2))!;
    expect([tableOf.get(sum) ?? digest, tableHolds.get(digest) ?? sum], `${name} holds ${sum}`).toEqual([digest, sum]);
    tableOf.set(sum, digest);
    tableHolds.set(digest, sum);
  }
}

function split(found: Readonly<Record<string, string>>): { tables: Record<string, string>; values: Record<string, string> } {
  const pick = (table: boolean) => Object.fromEntries(Object.entries(found).filter(([name]) => name.endsWith(".t") === table));
  return { tables: pick(true), values: pick(false) };
}

function change(project: TestProject, before: Pipeline, after: Pipeline): void {
  const [old, fresh] = [render(before), render(after)];
  for (const file of Object.keys(old)) if (!(file in fresh)) project.remove(file);
  for (const [file, text] of Object.entries(fresh)) if (old[file] !== text) project.write(file, text);
}

/** What an edit does to the store behind the engine's back. */
function disturb(project: TestProject, edit: Edit): boolean {
  if (edit.kind !== "delete" && edit.kind !== "damage") return false;
  const store = project.path(".stepbook/store");
  const objects = readdirSync(store, { recursive: true, encoding: "utf8" })
    .map((name) => path.join(store, name))
    .filter((file) => statSync(file).isFile())
    .sort();
  const victim = objects[edit.pick % objects.length]!;
  if (edit.kind === "delete") rmSync(victim);
  else {
    const bytes = readFileSync(victim);
    bytes[Math.floor(bytes.length / 2)]! ^= 1;
    writeFileSync(victim, bytes);
  }
  return true;
}

async function runIn(project: TestProject, pipeline: Pipeline): Promise<Finished> {
  const used = new Set(pipeline.steps.filter(({ reads }) => reads.includes("param")).map(({ place }) => place));
  const params = Object.fromEntries(
    Object.entries(pipeline.params).flatMap(([name, value]) => (used.has(name as "k") ? [[name, String(value)]] : [])),
  );
  // The steps' processes inherit this one's environment and start in the project's folder.
  for (const [name, value] of Object.entries(pipeline.env)) process.env[`CHAOS_${name}`] = String(value);
  endKept(24);
  const failures: unknown[] = [];
  const finished = await runPipeline(
    { ...defaultRunOptions(project.folder), params, jobs: pipeline.steps.length > 5 ? 2 : 1 },
    (event) => event.type === "step.failed" && failures.push(event.failure),
    new Cancellation(),
  );
  expect(failures).toEqual([]);
  return finished;
}

async function cleanResults(pipeline: Pipeline): Promise<Record<string, string>> {
  counted.clean++;
  const project = projectIn("clean", pipeline);
  return results(project, await runIn(project, pipeline), pipeline);
}

/** `step.export` → digest of the artifact that the run used; `step model` → that of the newest version. */
function results(project: TestProject, { run }: Finished, pipeline: Pipeline): Record<string, string> {
  const db = openState(project.folder);
  try {
    const records = runSteps(db, run).map(({ record }) => recordById(db, record!)!);
    const named = records.flatMap((record) =>
      Object.entries(record.artifacts).map(([name, { digest }]) => [`${record.name}.${name}`, digest]),
    );
    const models = pipeline.steps.flatMap(({ name }) => {
      const model = latestModel(db, name);
      return model && pipeline.steps.some((step) => step.name === name && step.reads.includes("model"))
        ? [[`${name} model`, model.body.parts.digest]]
        : [];
    });
    return Object.fromEntries([...named, ...models]) as Record<string, string>;
  } finally {
    db.close();
  }
}
