/** Inputs that change while a step reads them. */
import { readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { finished, TestProject } from "../rig/project.ts";
import { untilThere } from "./orphans.ts";

/** Reads a file, says so, and ends when it may: by a signal, since a file that it looked for would be one more read. */
const reading = {
  "data/in.txt": "1",
  "steps/10_a.ts": `import { readFileSync, writeFileSync } from "node:fs";
export const a = readFileSync("data/in.txt", "utf8");
const go = new Promise((resolve) => process.once("SIGUSR2", resolve));
const stay = setTimeout(() => {}, 300_000);
writeFileSync(process.env.HERE!, String(process.pid));
await go;
clearTimeout(stay);
`,
  "steps/20_b.ts": 'import { a } from "./10_a.ts";\nexport const b = a + "!";\n',
};

/** How the input becomes another one, of the same size. */
export const changes: Readonly<Record<string, (file: string) => void>> = {
  "in place": (file) => writeFileSync(file, "2"),
  "in place, its times set back": (file) => {
    writeFileSync(file, "2");
    longAgo(file);
  },
  "replaced by rename, its times set back": (file) => {
    writeFileSync(`${file}.new`, "2");
    longAgo(`${file}.new`);
    renameSync(`${file}.new`, file);
  },
  "removed and written anew": (file) => (rmSync(file), writeFileSync(file, "2")),
};

/** As the input's times are from the beginning. */
function longAgo(file: string): void {
  utimesSync(file, 1e9, 1e9);
}

/** The step read the old content, and the file holds the new one when it ends: the next run gives what a clean one would. */
export async function assertSeen(change: (file: string) => void, env: NodeJS.ProcessEnv = {}): Promise<void> {
  const project = new TestProject(reading);
  longAgo(project.path("data/in.txt"));
  // What a step leaves anywhere else is an output, and would be missed.
  const here = project.path(".stepbook/here");
  try {
    const first = await runMeeting(project, here, env, () => change(project.path("data/in.txt")));
    expect(first, "it ran").toBe(true);
    await runMeeting(project, here, env, () => {});
    expect(await project.value("20_b.b"), "as a clean run gives it").toBe("2!");
    expect(await runMeeting(project, here, env, () => {}), "and then it is reused").toBe(false);
  } finally {
    project.dispose();
  }
}

/** Runs; when the step has read its input, something is done before it goes on. @returns whether the step ran */
async function runMeeting(project: TestProject, here: string, env: NodeJS.ProcessEnv, meanwhile: () => void): Promise<boolean> {
  rmSync(here, { force: true });
  const child = project.start(["run", "--json"], { env: { ...env, HERE: here } });
  const ended = finished(child);
  const come = untilThere(here, () => child.exitCode !== null).then(
    () => true,
    () => false,
  );
  if (await come) {
    meanwhile();
    process.kill(Number(readFileSync(here, "utf8")), "SIGUSR2");
  }
  const { code, stdout } = await ended;
  expect(code, stdout).toBe(0);
  return come;
}

/** Between two runs, in the same tick as the first one's read where that can be had. */
export async function assertNoticed(change: (file: string) => void, wait: number, env: NodeJS.ProcessEnv = {}): Promise<void> {
  const project = new TestProject({
    "data/in.txt": "1",
    "steps/10_a.ts": 'import { readFileSync } from "node:fs";\nexport const a = readFileSync("data/in.txt", "utf8");\n',
  });
  longAgo(project.path("data/in.txt"));
  try {
    expect((await project.run([], { env })).code).toBe(0);
    await sleep(wait);
    change(project.path("data/in.txt"));
    expect((await project.run([], { env })).ran).toEqual(["10_a"]);
    expect(await project.value("10_a.a")).toBe("2");
  } finally {
    project.dispose();
  }
}
