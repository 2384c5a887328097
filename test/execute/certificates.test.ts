import { rootCertificates } from "node:tls";
import { afterEach, expect, test } from "vitest";
import { TestProject } from "../rig/project.ts";

let project: TestProject;
afterEach(() => project.dispose());

/** What Node found when it started, and the process. */
const seen =
  'import { readFileSync } from "node:fs";\nconst [pid] = readFileSync("/proc/self/stat", "utf8").split(" ");\nexport const seen = [readFileSync("/proc/self/environ", "utf8").includes("NODE_EXTRA_CA_CERTS="), pid];\n';
const after = (step: string) => `import { seen as before } from "./${step}.ts";\nexport const order = before;\n`;
const network = 'import { rootCertificates } from "node:tls";\nexport const known = rootCertificates.length;\n';

async function start(steps: Record<string, string>): Promise<Record<string, [boolean, string]>> {
  project = new TestProject(Object.fromEntries(Object.entries(steps).map(([id, text]) => [`steps/${id}.ts`, text])));
  project.write("company.pem", rootCertificates[0]!);
  const run = await project.run(["--jobs", "1"], { env: { NODE_EXTRA_CA_CERTS: project.path("company.pem") } });
  expect(run.code, run.stderr).toBe(0);
  return Object.fromEntries(await Promise.all(Object.keys(steps).map(async (id) => [id, await project.value(`${id}.seen`)])));
}

test("certificates of the user's are there for steps that may use the network, and no other waits for them", async () => {
  const steps = await start({
    "10_plain": seen,
    "20_network": `${network}${after("10_plain")}${seen}`,
    "30_plain": `${after("20_network")}${seen}`,
    "40_package": `import { Agent } from "node:https";\nexport const port = new Agent().defaultPort;\n${after("30_plain")}${seen}`,
    "50_memory": `${after("40_package")}export const config = { memory: "256MB" };\n${seen}`,
    "60_memory": `${network}${after("50_memory")}export const config = { memory: "256MB" };\n${seen}`,
  });
  expect(Object.entries(steps).map(([id, [has]]) => [id, has])).toEqual([
    ["10_plain", false],
    ["20_network", true],
    ["30_plain", false],
    ["40_package", true],
    ["50_memory", false],
    ["60_memory", true],
  ]);
});

test("a step is not taken for one that uses the network by the name of another, or by a helper's", async () => {
  project = new TestProject({
    "lib/fetch.ts": "/** Not by `fetch`: process by process. */\nexport const one = 1;\n",
    "steps/10_fetch.ts": `import { one } from "../lib/fetch.ts";\n${seen}export const worker = one;\n`,
    "steps/20_use.ts": `${after("10_fetch")}${seen}`,
  });
  project.write("company.pem", rootCertificates[0]!);
  const run = await project.run(["--jobs", "1"], { env: { NODE_EXTRA_CA_CERTS: project.path("company.pem") } });
  expect(run.code, run.stderr).toBe(0);
  for (const step of ["10_fetch", "20_use"])
    expect((await project.value(`${step}.seen`)) as unknown[]).toMatchObject([false, expect.any(String)]);
});

test("a process that takes several steps takes those that it can", async () => {
  const config = 'export const config = { isolation: "shared" };\n';
  const steps = await start({
    "10_plain": `${config}${seen}`,
    "20_plain": `${config}${after("10_plain")}${seen}`,
    "30_network": `${config}${network}${after("20_plain")}${seen}`,
    "40_network": `${config}${network}${after("30_network")}${seen}`,
  });
  expect(Object.values(steps).map(([has]) => has)).toEqual([false, false, true, true]);
  const pids = Object.values(steps).map(([, pid]) => pid);
  expect([pids[0] === pids[1], pids[1] === pids[2], pids[2] === pids[3]]).toEqual([true, false, true]);
});
