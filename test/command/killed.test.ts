import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { finished, TestProject } from "../rig/project.ts";
import { ask, served, type Served } from "../serve/rig.ts";
import { lines } from "./sample.ts";

let project: TestProject;
let server: Served;

beforeAll(async () => {
  project = new TestProject({
    "steps/10_load.ts": "export const loaded = 1;\n",
    "steps/20_broken.ts":
      'import { existsSync } from "node:fs";\nimport { loaded } from "./10_load.ts";\nif (existsSync("broken")) throw new Error("it is broken");\nexport const mended = loaded;\n',
    "steps/30_hang.ts":
      'import { loaded } from "./10_load.ts";\nif (process.env.HANG) {\n  console.log("it hangs");\n  await new Promise((resolve) => setTimeout(resolve, 600_000));\n}\nexport const hung = loaded;\n',
    "steps/40_after.ts": 'import { hung } from "./30_hang.ts";\nexport const after = hung;\n',
    broken: "",
  });
  server = await served(project);
});
afterAll(async () => {
  await server?.stop();
  project?.dispose();
});

/** What commands and pages say of the only run. */
async function said() {
  const first = async (...words: string[]) => lines((await project.command([...words, "--json"])).stdout)[0]!;
  const [listed, shown] = await Promise.all([first("runs"), first("show", "last")]);
  const read = async (address: string) => (await ask(server.port, "GET", address)).body;
  const counted = async (status: string) => (JSON.parse(await read(`/api/runs?status=${status}`)) as { total: number }).total;
  return {
    listed: listed["status"],
    shown: shown["status"],
    running: await counted("running"),
    interrupted: await counted("interrupted"),
    gauge: Number(/^stepbook_runs_running (\d+)$/m.exec(await read("/metrics"))?.[1]),
  };
}

test("a run whose runner was killed goes on no more, whoever is asked, and is retried: what failed and what was not reached", async () => {
  const child = project.start(["run", "--keep-going", "--json"], { env: { HANG: "1" } });
  onTestFinished(() => void child.kill("SIGKILL"));
  const ended = finished(child);
  let text = "";
  child.stdout!.on("data", (chunk: Buffer) => (text += chunk.toString()));
  await expect.poll(() => text.includes('"line":"it hangs"') && text.includes('"type":"step.failed"')).toBe(true);
  expect(await said()).toEqual({ listed: "running", shown: "running", running: 1, interrupted: 0, gauge: 1 });
  expect((await project.command(["run", "--retry", "last"])).stderr).toContain("goes on");
  child.kill("SIGKILL");
  await ended;
  expect(await said()).toEqual({ listed: "interrupted", shown: "interrupted", running: 0, interrupted: 1, gauge: 0 });
  project.remove("broken");
  const { code, steps, stderr } = await project.run(["--retry", "last"]);
  expect(code, stderr).toBe(0);
  expect(Object.fromEntries(Object.entries(steps).map(([step, { status }]) => [step, status]))).toEqual({
    "10_load": "cached",
    "20_broken": "ran",
    "30_hang": "ran",
    "40_after": "ran",
  });
});
