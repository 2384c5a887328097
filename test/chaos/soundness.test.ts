/**
 * The promise of the cache: after any sequence of edits, an incremental run gives what a clean run
 * gives. Random pipelines, random edits, real processes for the steps; the runner itself is called
 * in this process to save its start-up.
 */
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { defaultRunOptions } from "../../src/config.ts";
import { Cancellation } from "../../src/execute/cancel.ts";
import { type Finished, runPipeline } from "../../src/execute/pipeline.ts";
import { recordById } from "../../src/record/records.ts";
import { runSteps } from "../../src/record/runs.ts";
import { openState } from "../../src/record/state.ts";
import { TestProject } from "../rig/project.ts";
import { applyEdit, type Edit, edits, isHarmless, type Pipeline, pipelines, render } from "./pipelines.ts";

const sequences = Number(process.env["CHAOS_SEQUENCES"] ?? 100);
const seed = Number(process.env["CHAOS_SEED"] ?? Math.floor(Math.random() * 2 ** 31));

test(`incremental equals clean, ${sequences} sequences (CHAOS_SEED=${seed})`, { timeout: 20 * 60_000 }, async () => {
  console.log(`soundness: ${sequences} sequences, CHAOS_SEED=${seed}`);
  await fc.assert(fc.asyncProperty(pipelines, fc.array(edits, { minLength: 1, maxLength: 3 }), check), { numRuns: sequences, seed });
});

async function check(first: Pipeline, sequence: readonly Edit[]): Promise<void> {
  const project = new TestProject(render(first));
  try {
    await runIn(project, first);
    let pipeline = first;
    for (const edit of sequence) {
      const next = applyEdit(pipeline, edit);
      change(project, pipeline, next);
      disturb(project, edit);
      const finished = await runIn(project, next);
      expect(digests(project, finished), JSON.stringify({ edit })).toEqual(await cleanDigests(next));
      if (isHarmless(edit)) expect(finished.steps.filter(({ status }) => status === "ran"), JSON.stringify({ edit })).toEqual([]);
      pipeline = next;
    }
  } finally {
    project.dispose();
  }
}

function change(project: TestProject, before: Pipeline, after: Pipeline): void {
  const [old, fresh] = [render(before), render(after)];
  for (const file of Object.keys(old)) if (!(file in fresh)) project.remove(file);
  for (const [file, text] of Object.entries(fresh)) if (old[file] !== text) project.write(file, text);
}

/** What an edit does to the store behind the engine's back. */
function disturb(project: TestProject, edit: Edit): void {
  if (edit.kind !== "delete" && edit.kind !== "damage") return;
  const store = project.path(".stepbook/store");
  const objects = readdirSync(store, { recursive: true, encoding: "utf8" }).map((name) => path.join(store, name)).filter((file) => statSync(file).isFile()).sort();
  const victim = objects[edit.pick % objects.length]!;
  if (edit.kind === "delete") return rmSync(victim);
  const bytes = readFileSync(victim);
  bytes[Math.floor(bytes.length / 2)]! ^= 1;
  writeFileSync(victim, bytes);
}

async function runIn(project: TestProject, pipeline: Pipeline): Promise<Finished> {
  const texts = (record: Readonly<Record<string, number>>) => Object.fromEntries(Object.entries(record).map(([name, value]) => [name, String(value)]));
  const used = pipeline.steps.flatMap(({ reads }, position) => (reads.includes("param") ? [["k", "m"][position % 2]!] : []));
  const params = Object.fromEntries(Object.entries(texts(pipeline.params)).filter(([name]) => used.includes(name)));
  for (const [name, value] of Object.entries(texts(pipeline.env))) process.env[`CHAOS_${name}`] = value;
  // The steps' processes inherit this one's environment and start in the project's folder.
  const failures: unknown[] = [];
  const finished = await runPipeline({ ...defaultRunOptions(project.folder), params }, (event) => event.type === "step.failed" && failures.push(event.failure), new Cancellation());
  expect(failures).toEqual([]);
  return finished;
}

async function cleanDigests(pipeline: Pipeline): Promise<Record<string, string>> {
  const project = new TestProject(render(pipeline));
  try {
    return digests(project, await runIn(project, pipeline));
  } finally {
    project.dispose();
  }
}

/** `step.export` → digest of the artifact that the run used. */
function digests(project: TestProject, { run }: Finished): Record<string, string> {
  const db = openState(project.folder);
  try {
    const records = runSteps(db, run).map(({ record }) => recordById(db, record!)!);
    const named = records.flatMap((record) => Object.entries(record.artifacts).map(([name, artifact]) => [`${record.name}.${name}`, artifact.digest]));
    return Object.fromEntries(named) as Record<string, string>;
  } finally {
    db.close();
  }
}
