/** Every way to make a result stale that its authors could think of: after the change, what a clean run gives is given. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { StepRecord } from "../../src/model.ts";
import { recordById } from "../../src/record/records.ts";
import { runSteps } from "../../src/record/runs.ts";
import { openState } from "../../src/record/state.ts";
import { type RunResult, TestProject } from "../rig/project.ts";
import { attacks, stepFile } from "./attacks.ts";
import { tell } from "./trials.ts";

/** Step name → digests of its exports. */
type Results = Readonly<Record<string, Readonly<Record<string, string>>>>;

const named = Object.entries(attacks).map(([name, attack], nth) => ({ name, attack, here: `attacks/w${nth}`, step: `s${nth}` }));
let project: TestProject;
let first: Results;
let incremental: Results;
let clean: Results;

beforeAll(async () => {
  project = new TestProject({ "steps/1_root.ts": "export const root = 1;\n" });
  for (const { attack, here } of named) {
    // Wired by an order-only edge: unwired steps would run one after another.
    project.write(stepFile(here), `import "./1_root.ts";\n${attack.step.replaceAll("HERE", here).replaceAll("ID", here.split("/")[1]!)}\n`);
    attack.before?.(project, here);
  }
  first = (await results(project, [], {})).values;
  const env: Record<string, string> = {};
  for (const { attack, here } of named) {
    attack.change(project, here);
    for (const [name, value] of Object.entries(attack.env ?? {})) env[name.replace("ID", here.split("/")[1]!)] = value;
  }
  const again = await results(project, [], env);
  incremental = again.values;
  // What ran again is what a clean run gives; what was reused is computed anew.
  project.remove(".stepbook");
  clean = { ...again.values, ...(again.reused.length === 0 ? {} : (await results(project, again.reused, env)).values) };
}, 300_000);

afterAll(() => {
  const failures = named
    .filter(({ step }) => JSON.stringify(incremental?.[step]) !== JSON.stringify(clean?.[step]))
    .map(({ name }) => name);
  tell({ kind: "row", row: "attacks", trials: named.length, failures: failures.length, ms: 0, note: "", first: failures[0] ?? null });
  project.dispose();
});

async function results(of: TestProject, steps: readonly string[], env: NodeJS.ProcessEnv): Promise<{ values: Results; reused: string[] }> {
  const run = await of.run(["--keep-going", "-j", "4", ...steps], { env });
  expect(failures(run), run.stderr).toEqual([]);
  const db = openState(of.folder);
  try {
    const rows = runSteps(db, run.events.find((event) => event.type === "run.finished")!.run);
    const records = rows.map(({ record }) => recordById(db, record!)!);
    const digests = (record: StepRecord) =>
      Object.fromEntries(Object.entries(record.artifacts).map(([name, { digest }]) => [name, digest]));
    return {
      values: Object.fromEntries(records.map((record) => [record.name, digests(record)])),
      reused: rows.filter(({ status, step }) => status === "cached" && step !== "1_root").map(({ step }) => step),
    };
  } finally {
    db.close();
  }
}

function failures(run: RunResult): string[] {
  return run.events.flatMap((event) => (event.type === "step.failed" ? [`${event.step}: ${event.failure.message}`] : []));
}

test.each(named)("$name", ({ step }) => {
  expect(first[step], "the attack changes something").not.toEqual(clean[step]);
  expect(incremental[step]).toEqual(clean[step]);
});
