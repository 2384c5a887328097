/** The pipeline that ships: the main job, as a user types it. */
import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { promisify } from "node:util";
import { afterAll, expect, test } from "vitest";
import { shippedPipeline } from "./rig/shipped.ts";

const exec = promisify(execFile);
const project = shippedPipeline();

afterAll(() => project.dispose());

async function npx(...words: string[]): Promise<{ stdout: string; stderr: string }> {
  return exec("npx", ["tsx", ...words], { cwd: project.folder, env: { ...process.env, NO_COLOR: "1" } });
}

test("npx tsx runner.ts trains a model and says how good it is", async () => {
  const { stdout } = await npx("runner.ts");
  const accuracy = Number(/test_set_accuracy (\S+)/.exec(stdout)?.[1]);
  expect(accuracy).toBeGreaterThanOrEqual(0.95);
  expect(stdout).toContain("model breast-cancer v1 → models/breast-cancer/v1.json");
  expect(stdout).toContain("8 steps: 8 ran");
  expect(project.has("models/breast-cancer/v1.json")).toBe(true);
});

test("again: every pure step is reused, the experiment is recorded, no new model", async () => {
  const { stdout, stderr } = await npx("runner.ts");
  expect(stdout).toContain("8 steps: 2 ran, 6 reused");
  expect(stderr).toContain("05_provenance");
  const rows = (await project.command(["experiments", "--json"])).stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(rows).toHaveLength(2);
  expect(rows[0]).toMatchObject({ cv_folds: 3, max_pca_components: 30 });
  expect(project.has("models/breast-cancer/v2.json")).toBe(false);
});

test("an edited comment runs nothing more; a used line of lib/ runs what uses it and stops where values are equal", async () => {
  project.edit("lib/metrics.ts", /^/, "// A comment.\n");
  expect((await project.run()).ran).toEqual(["05_provenance", "50_record"]);
  // Another way to say the same: the step runs, its exports come out equal.
  project.edit("lib/scale.ts", /Math\.sqrt\(([^;]*)\)/, "(($1) ** 0.5)");
  const run = await project.run();
  expect(run.ran).toContain("30_tune");
  expect(run.ran).not.toContain("20_split");
  expect(run.steps["30_tune"]?.reason).toContain("lib/scale.ts");
});

test("a step alone, in one process without a runner, gives the same values", async () => {
  writeFileSync(
    project.path("compare.ts"),
    `import { confusion, metrics } from "./steps/40_evaluate.ts";
import { best, trials } from "./steps/30_tune.ts";
process.stdout.write(JSON.stringify({ confusion, metrics, best, trials }));
`,
  );
  const alone = JSON.parse((await npx("compare.ts")).stdout) as Record<string, unknown>;
  const kept = {
    confusion: await project.value("40_evaluate.confusion"),
    metrics: await project.value("40_evaluate.metrics"),
    best: await project.value("30_tune.best"),
    trials: await project.value("30_tune.trials"),
  };
  expect(alone).toEqual(kept);
  const { stderr } = await npx("steps/50_record.ts");
  expect(stderr).toContain("would record into experiments");
  expect(stderr).toContain(`test_set_accuracy: ${(kept.metrics as { accuracy: number }).accuracy}`);
});

test("verify: the same code, data and seed give the same bytes", async () => {
  const { code, stdout } = await project.command(["verify", "30_tune"]);
  expect(stdout).toContain("same");
  expect(code).toBe(0);
});
