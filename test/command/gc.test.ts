import { readdirSync } from "node:fs";
import { afterEach, expect, onTestFinished, test } from "vitest";
import { openState } from "../../src/record/state.ts";
import type { TestProject } from "../rig/project.ts";
import { lines, sample } from "./sample.ts";

let project: TestProject;
afterEach(() => project.dispose());

/** A clock that is so many days ahead, for the command and all it starts. */
function inDays(days: number): { env: NodeJS.ProcessEnv } {
  const shift = `const now = Date.now.bind(Date); Date.now = () => now() + ${days} * 86400000;`;
  return { env: { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(shift)}` } };
}

async function gc(words: readonly string[], days: number) {
  const { code, stdout, stderr } = await project.command(["gc", "--json", ...words], inDays(days));
  expect(code, stderr).toBe(0);
  return Object.fromEntries(lines(stdout).map((line) => [line["type"], line])) as Record<
    string,
    { count: number; bytes: number; names: string[]; storeBytes: number; before: string }
  >;
}

/** Three runs, each with another k: each makes its own records and model version. */
async function threeRuns(): Promise<string[]> {
  project = sample();
  for (const k of [2, 3, 4]) expect((await project.run(["-p", `k=${k}`])).code).toBe(0);
  return lines((await project.command(["runs", "--json"])).stdout).map(({ run }) => run as string);
}

const stored = () =>
  readdirSync(project.path(".stepbook/store"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ name }) => name)
    .sort();

test("what is young stays", async () => {
  await threeRuns();
  const before = stored();
  expect(await gc([], 0)).toMatchObject({ runs: { count: 0 }, records: { count: 0 }, objects: { count: 0 }, logs: { count: 0 } });
  expect(await gc(["--keep", "0ms"], 0)).toMatchObject({ runs: { count: 2 }, objects: { count: 0, bytes: 0 } });
  expect(stored()).toEqual(before);
});

test("it says what is old: 6m are minutes", async () => {
  project = sample();
  await project.run();
  const dates = await Promise.all(
    ["6m", "30d"].map(async (keep) => Date.parse((await gc(["--keep", keep, "--dry-run"], 0))["total"]!.before)),
  );
  expect(dates[0]! - dates[1]!).toBeGreaterThan(29 * 86_400_000);
  expect((await project.command(["gc", "--keep", "100y", "--dry-run"])).stdout).toMatch(
    /^old is what ran before 19\d\d-\d\d-\d\d \d\d:\d\d\n/,
  );
});

test("old runs go with what only they reach; the newest results, models and experiments stay", async () => {
  const [last, ...old] = await threeRuns();
  const before = stored();
  const said = await gc(["--dry-run"], 40);
  expect(said["runs"]!.names.toSorted()).toEqual(old.toSorted());
  expect(stored()).toEqual(before);

  const done = await gc([], 40);
  expect(done).toMatchObject({ runs: said["runs"], records: said["records"], objects: said["objects"], logs: { count: 2 } });
  // Of 20_score: k, total of the two older runs. The parts of their models stay.
  expect(done["records"]!.count).toBe(2);
  expect(done["objects"]!.count).toBeGreaterThan(0);
  expect(stored()).toHaveLength(before.length - done["objects"]!.count);
  expect(done["total"]!.bytes).toBeGreaterThan(0);
  // The manifests of a run stay as long as one of its records does.
  const db = openState(project.folder);
  onTestFinished(() => void db.close());
  const makers = db.prepare("SELECT DISTINCT run FROM records").pluck().all() as string[];
  expect(readdirSync(project.path(".stepbook/records")).sort()).toEqual(makers.map((run) => `${run}.jsonl`).sort());

  expect(lines((await project.command(["runs", "--json"])).stdout).map(({ run }) => run)).toEqual([last]);
  expect(lines((await project.command(["experiments", "--json"])).stdout)).toHaveLength(3);
  project.remove("models/words/v3.json");
  const again = await project.run(["-p", "k=4"]);
  expect(again.steps).toMatchObject({
    "10_words": { status: "cached" },
    "20_score": { status: "cached" },
    "40_alone": { status: "cached" },
  });
  expect(project.has("models/words/v3.json")).toBe(true);
  expect((await project.run(["-p", "k=2"])).steps["20_score"]).toMatchObject({ status: "ran" });
  const models = lines((await project.command(["models", "--json"])).stdout);
  expect(models.find(({ version }) => version === 1)).toMatchObject({ metrics: { score: 6 } });
  expect((await project.command(["doctor"])).stdout).toMatch(/✓ store: .* all intact/);
});

test("with a size it goes on, oldest first, and no further than it must", async () => {
  const [last, middle, first] = await threeRuns();
  const { total } = await gc(["--keep", "365d", "--dry-run"], 40);
  const one = await gc(["--keep", "365d", "--size", `${total!.storeBytes - 1}B`], 40);
  expect(one["runs"]!.names).toEqual([first]);
  expect(one["total"]!.storeBytes).toBeLessThan(total!.storeBytes);
  const { stdout } = await project.command(["gc", "--keep", "365d", "--size", "1B"], inDays(40));
  expect(stdout).toContain("that is more than 1 B");
  expect(lines((await project.command(["runs", "--json"])).stdout).map(({ run }) => run)).toEqual([last]);
  expect(middle).toBeDefined();
});

test("what a crash left behind goes, and an object that nothing reaches", async () => {
  const [last] = await threeRuns();
  const db = openState(project.folder);
  db.prepare(
    "INSERT INTO runs (id, trigger, logical_date, started_at, status, params) SELECT 'dead', trigger, logical_date, started_at, 'running', params FROM runs WHERE id = ?",
  ).run(last);
  db.close();
  project.write(".stepbook/staging/dead/10_words.1/half.parquet", "half of it");
  project.write(".stepbook/runs/gone/10_words.log", "a log of no run");
  project.write(".stepbook/bundles/10_words.0123456789abcdef.mjs", "old code");
  project.write(`.stepbook/store/ff/ff${"0".repeat(62)}.json`, "never committed");
  const found = await gc(["--keep", "365d"], 1);
  expect(found).toMatchObject({
    objects: { count: 1, names: [expect.stringContaining("store/ff/ff0")] },
    staging: { count: 1, names: [".stepbook/staging/dead"] },
    logs: { names: [".stepbook/runs/gone"] },
    bundles: { names: [".stepbook/bundles/10_words.0123456789abcdef.mjs"] },
  });
  expect(project.has(".stepbook/staging/dead")).toBe(false);
  expect(lines((await project.command(["runs", "--json"])).stdout).find(({ run }) => run === "dead")).toMatchObject({
    status: "interrupted",
  });
  expect((await project.run(["-p", "k=4"])).steps["10_words"]).toMatchObject({ status: "cached" });
});

test("a code that is kept is kept: diff still shows it", async () => {
  project = sample();
  await project.run();
  project.edit("lib/score.ts", "n * by", "n * by * 2");
  await project.run();
  expect((await gc([], 1))["bundles"]).toMatchObject({ count: 0 });
  expect((await project.command(["diff", "last~1", "last"])).stdout).toMatch(/^\+\s+return n \* by \* 2;$/m);
});

test.each([
  ["--keep", "soon", "--keep soon is not an age"],
  ["--keep", "30", "--keep 30 has no unit"],
  ["--size", "big", "--size big is not a size"],
])("%s %s is wrong usage", async (flag, value, message) => {
  project = sample();
  const { code, stderr } = await project.command(["gc", flag, value]);
  expect(code).toBe(2);
  expect(stderr).toContain(message);
});
