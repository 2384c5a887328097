/** A step is killed while it writes: what its last run left is there as it was, or the new is, and nothing of both. */
import { readdirSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { inMemory } from "../rig/memory.ts";
import { signalTo } from "../rig/processes.ts";
import { finished, TestProject } from "../rig/project.ts";
import { newMarks, stepsOf } from "./three-steps.ts";
import { trials } from "./trials.ts";

inMemory();

const rows = 1_000_000;
const entries = 100_000;

const files = {
  "steps/10_write.ts": `import { param, saveModel, sql } from "stepbook";
import { writeSync } from "node:fs";
const k = param("k", 1);
writeSync(2, "it writes\\n");
export const big = await sql\`SELECT \${k}::INTEGER AS k, hash(i + \${k}) AS h FROM range(${rows}) r(i)\`;
export const list = new Array(${entries}).fill(k);
saveModel("m", { list });
`,
  "steps/20_look.ts": `import { big, list } from "./10_write.ts";
import { sql } from "stepbook";
const [row] = await (await sql\`SELECT count(*)::INTEGER AS rows, min(k) AS least, max(k) AS greatest FROM \${big}\`).rows();
export const seen = { ...row, entries: list.length, of: [...new Set(list)] };
`,
};

test("a step is killed in the middle of what it writes", { timeout: 6 * 3600_000 }, async () => {
  const project = new TestProject(files);
  expect((await project.run()).code).toBe(0);
  const kept = [1];
  let killed = 0;
  await trials("half", async (nth, notes) => {
    const k = nth + 2;
    const marks = newMarks();
    const child = project.start(["run", "--json", "-p", `k=${k}`], { env: marks });
    const ended = finished(child);
    const begun = new Promise<void>((resolve) => child.stdout!.on("data", (data: Buffer) => data.includes("it writes") && resolve()));
    await Promise.race([begun, ended]);
    await sleep(notes.random() * 400);
    for (const pid of stepsOf(marks)) signalTo(pid, "SIGKILL");
    const { code, stdout } = await ended;
    if (code !== 0) expect(stdout).toContain("E_STEP_KILLED");
    // The second step may be the one that was hit: then the first has left all that it makes.
    const written = stdout.split("\n").some((line) => line.includes('"type":"step.ran"') && line.includes('"step":"10_write"'));
    if (written) kept.push(k);
    else killed++;
    notes.note = `${killed} killed in time`;
    assertWhole(project, kept);
    // What was made before is reused, where it was made whole; what was killed is made.
    if (!written) expect((await project.run(["-p", `k=${kept.at(-1)!}`])).ran).toEqual([]);
    const again = await project.run(["-p", `k=${k}`]);
    expect(again.code, again.stdout).toBe(0);
    expect(again.ran).toEqual(written ? (code === 0 ? [] : ["20_look"]) : ["10_write", "20_look"]);
    if (!written) kept.push(k);
    assertWhole(project, kept);
    expect(await project.value("20_look.seen")).toEqual({ rows, least: k, greatest: k, entries, of: [k] });
  });
  project.dispose();
});

/** What is seen from outside: one whole file a version, and nothing beside them. */
function assertWhole(project: TestProject, ks: readonly number[]): void {
  const names = ks.map((_, i) => `v${i + 1}.json`);
  expect(readdirSync(project.path("models/m")).sort()).toEqual([...names].sort());
  for (const [i, name] of names.entries()) {
    const { parts } = JSON.parse(project.read(`models/m/${name}`)) as { parts: { list: number[] } };
    expect([parts.list.length, [...new Set(parts.list)]], name).toEqual([entries, [ks[i]]]);
  }
}
