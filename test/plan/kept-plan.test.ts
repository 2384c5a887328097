import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import Database from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { racyMs } from "../../src/store/files.ts";
import { type RunResult, TestProject } from "../rig/project.ts";

/** a → b → c; b reads whatever a step can read, c writes a file. */
const files = {
  "lib/maths.ts": "export const twice = (x: number) => x * 2;\n",
  "data/in.txt": "one\n",
  "node_modules/little/package.json": '{ "name": "little", "version": "1.0.0", "main": "index.js" }\n',
  "node_modules/little/index.js": "exports.little = 1;\n",
  "steps/10_a.ts": "export const a = 1;\n",
  "steps/20_b.ts": `
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { little } from "little";
import { param } from "stepbook";
import { twice } from "../lib/maths.ts";
import { a } from "./10_a.ts";
export const b = [twice(a), little, param("k", 5), process.env.KEPT_PLAN, readFileSync("data/in.txt", "utf8"), existsSync("data/other.txt"), readdirSync("data").length, statSync("data").isDirectory()];
`,
  "steps/30_c.ts":
    'import { writeFileSync } from "node:fs";\nimport { b } from "./20_b.ts";\nwriteFileSync("out.txt", JSON.stringify(b));\nexport const c = b.length;\n',
};
const env = { KEPT_PLAN: "set" };

interface Change {
  readonly change?: (project: TestProject) => void;
  readonly env?: NodeJS.ProcessEnv;
  readonly args?: readonly string[];
  /** What runs then; `b` changes what c gets in some. */
  readonly ran: readonly string[];
}

const artifact = (project: TestProject) => project.path(`.stepbook/store/${stored(project, "c")}`);

const changes: Readonly<Record<string, Change>> = {
  "a step is edited": { change: (project) => project.write("steps/10_a.ts", "export const a = 2;\n"), ran: ["10_a", "20_b", "30_c"] },
  "a step is edited, its size and time kept": {
    change: (project) => keepingTimes(project.path("steps/10_a.ts"), "export const a = 3;\n"),
    ran: ["10_a", "20_b", "30_c"],
  },
  "a comment": { change: (project) => project.edit("steps/10_a.ts", "export", "/* why */ export"), ran: [] },
  "a helper": { change: (project) => project.edit("lib/maths.ts", "* 2", "* 3"), ran: ["20_b", "30_c"] },
  "a new step": { change: (project) => project.write("steps/40_d.ts", "export const d = 1;\n"), ran: ["40_d"] },
  "a step goes": { change: (project) => project.remove("steps/30_c.ts"), ran: [] },
  "a helper's file that would be taken instead": {
    change: (project) => project.write("lib/maths.ts.ts", "export const twice = (x: number) => x * 9;\n"),
    ran: [],
  },
  "a file that was read": { change: (project) => project.write("data/in.txt", "two\n"), ran: ["20_b", "30_c"] },
  "a file appears": { change: (project) => project.write("data/other.txt", ""), ran: ["20_b", "30_c"] },
  "the environment": { env: { KEPT_PLAN: "other" }, ran: ["20_b", "30_c"] },
  "a param": { args: ["-p", "k=6"], ran: ["20_b", "30_c"] },
  forced: { args: ["--force"], ran: ["10_a", "20_b", "30_c"] },
  "one step": { args: ["10"], ran: [] },
  "a package": { change: (project) => project.write("node_modules/little/index.js", "exports.little = 2;\n"), ran: ["20_b", "30_c"] },
  "an output changes": { change: (project) => project.write("out.txt", "[]"), ran: ["30_c"] },
  "an output goes": { change: (project) => project.remove("out.txt"), ran: ["30_c"] },
  "an artifact is damaged": { change: (project) => keepingTimes(artifact(project), flipped(artifact(project))), ran: ["30_c"] },
  "an artifact goes": { change: (project) => project.remove(`.stepbook/store/${stored(project, "c")}`), ran: ["30_c"] },
  "a record is forged": {
    change: (project) => state(project, `UPDATE records SET body = replace(body, '"attempts":1', '"attempts":2') WHERE name = 'c'`),
    ran: ["30_c"],
  },
  "a record goes": { change: (project) => state(project, "DELETE FROM records WHERE name = 'c'"), ran: ["30_c"] },
  "the plan is damaged": {
    change: (project) => project.write(".stepbook/plan", project.read(".stepbook/plan").replace('"steps":[', '"steps":[ ')),
    ran: [],
  },
  "the plan is not text": { change: (project) => writeFileSync(project.path(".stepbook/plan"), Buffer.alloc(100, 0xff)), ran: [] },
};

function keepingTimes(file: string, bytes: string | Uint8Array): void {
  const { atime, mtime } = statSync(file);
  writeFileSync(file, bytes);
  utimesSync(file, atime, mtime);
}

function flipped(file: string): Uint8Array {
  const bytes = readFileSync(file);
  bytes[bytes.length >> 1]! ^= 1;
  return bytes;
}

function state(project: TestProject, sql: string): void {
  const db = new Database(project.path(".stepbook/state.db"));
  db.exec(sql);
  db.close();
}

/** Where in the store the artifact of the step's only export lies. */
function stored(project: TestProject, name: string): string {
  const db = new Database(project.path(".stepbook/state.db"));
  const body = db.prepare("SELECT body FROM records WHERE name = ?").pluck().get(name) as string;
  db.close();
  const { digest } = (JSON.parse(body) as { artifacts: Record<string, { digest: string }> }).artifacts[name]!;
  return `${digest.slice(0, 2)}/${digest}.value`;
}

/** A project whose plan is kept. */
async function kept(): Promise<TestProject> {
  const project = new TestProject(files);
  const first = await project.run([], { env });
  expect(first.ran, first.stderr).toEqual(["10_a", "20_b", "30_c"]);
  await sleep(racyMs + 100);
  expect((await project.run([], { env })).ran).toEqual([]);
  return project;
}

describe("a kept plan", () => {
  const projects: TestProject[] = [];
  const results = new Map<string, RunResult>();

  // They wait for files to grow old together.
  beforeAll(async () => {
    const work = async ([name, { change, env: other = {}, args = [] }]: [string, Change]) => {
      const project = await kept();
      projects.push(project);
      expect(existsSync(project.path(".stepbook/plan")), name).toBe(true);
      change?.(project);
      results.set(name, await project.run(args, { env: { ...env, ...other } }));
    };
    for (let rest = Object.entries(changes); rest.length > 0; rest = rest.slice(4)) await Promise.all(rest.slice(0, 4).map(work));
  }, 300_000);
  afterAll(() => projects.forEach((project) => project.dispose()));

  test.each(Object.entries(changes))("is no more than what is there: %s", (name, { ran }) => {
    const result = results.get(name)!;
    expect(result.code, result.stderr).toBe(0);
    expect(result.ran).toEqual(ran);
  });
});

test("it answers where nothing has changed, by itself, and as the runs before", async () => {
  const project = await kept();
  try {
    const before = await project.run([], { env });
    // The graph is not read then: one that is damaged stays so.
    project.write(".stepbook/graph", "damaged");
    const run = await project.run([], { env });
    expect(run.code, run.stderr).toBe(0);
    expect(project.read(".stepbook/graph")).toBe("damaged");
    const told = ({ events, steps }: RunResult) => [events.map((event) => [event.type, "step" in event ? event.step : null]), steps];
    expect(told(run)).toEqual(told(before));
    const id = run.events.find((event) => event.type === "run.finished")!.run;
    expect((await project.command(["runs", "--json"])).stdout).toContain(id);
  } finally {
    project.dispose();
  }
});

test("another way to start the same command is the same place; a place that had to be asked for is kept", async () => {
  const project = await kept();
  const runWith = async (others: NodeJS.ProcessEnv) => {
    project.write(".stepbook/graph", "damaged");
    const run = await project.run([], { env: { ...env, ...others } });
    expect(run.code, run.stderr).toBe(0);
    expect(run.ran).toEqual([]);
    return project.read(".stepbook/graph") === "damaged" ? "plan" : "graph";
  };
  try {
    expect(await runWith({ NODE_OPTIONS: "--no-deprecation" })).toBe("plan");
    // Nothing in JavaScript tells it; ICU might.
    expect(await runWith({ LC_CTYPE: "POSIX" })).toBe("graph");
    expect(await runWith({ LC_CTYPE: "POSIX" })).toBe("plan");
  } finally {
    project.dispose();
  }
});

test("it is kept of sources that are known, not of those that lie in a folder that changed just now", async () => {
  const project = await kept();
  const outcome = async () => (await project.run([], { env })).ran;
  try {
    // The kept graph does not hold then, and of the new one nobody knows what the paths led to when it was read.
    project.write("steps/notes.md", "");
    expect(await outcome()).toEqual([]);
    project.write("steps/10_a.ts", "export const a = 2;\n");
    expect(await outcome()).toEqual(["10_a", "20_b", "30_c"]);
  } finally {
    project.dispose();
  }
});

test("where nothing has changed, Node loads no cryptography and no streams", async () => {
  const loaded =
    'process.on("exit", () => require("node:fs").writeFileSync(".stepbook/loaded.json", JSON.stringify(process.moduleLoadList)));\n';
  const project = new TestProject({
    "loaded.cjs": loaded,
    "steps/10_a.ts": "export const a = 1;\n",
    "steps/20_b.ts": 'import { a } from "./10_a.ts";\nexport const b = a + 1;\n',
  });
  const run = () => {
    const { stdout } = spawnSync(process.execPath, ["--require", "./loaded.cjs", ...project.words([])], {
      cwd: project.folder,
      encoding: "utf8",
    });
    const modules = JSON.parse(project.read(".stepbook/loaded.json")) as string[];
    return { stdout, costly: modules.filter((name) => /^NativeModule (?:crypto|module|stream|net|tls|child_process)$/.test(name)) };
  };
  try {
    // That it is told at all.
    expect(run().costly).toContain("NativeModule crypto");
    await sleep(racyMs + 100);
    run();
    const { stdout, costly } = run();
    expect(stdout).toContain("2 reused");
    expect(costly).toEqual([]);
  } finally {
    project.dispose();
  }
});
