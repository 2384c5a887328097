import type { ChildProcess } from "node:child_process";
import { renameSync, symlinkSync, utimesSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { afterEach, describe, expect, test } from "vitest";
import { missedChanges, type Watched } from "../../src/command/watched.ts";
import type { Event } from "../../src/events.ts";
import { alive } from "../rig/processes.ts";
import { finished, type Result, TestProject } from "../rig/project.ts";

let project: TestProject;
let watching: Watching | undefined;
afterEach(async () => {
  await watching?.stop();
  watching = undefined;
  project.dispose();
});

type Told = Event | { type: "error"; code: string; message: string };
type Finished = Extract<Event, { type: "run.finished" }>;

/** `run --watch --json`, whose events are waited for: no test has to guess when a run is over. */
class Watching {
  readonly #child: ChildProcess;
  readonly #ended: Promise<Result>;
  readonly #lines: AsyncIterator<string>;

  constructor(words: readonly string[] = [], env: NodeJS.ProcessEnv = {}) {
    this.#child = project.start(["run", "--watch", "--json", ...words], { env });
    this.#ended = finished(this.#child);
    this.#lines = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]();
  }

  async next<Type extends Told["type"]>(type: Type): Promise<Extract<Told, { type: Type }>> {
    for (;;) {
      const { value, done } = await this.#lines.next();
      if (done) throw new Error(`it ended before ${type}: ${(await this.#ended).stderr}`);
      const told = JSON.parse(value) as Told;
      if (told.type === type) return told as Extract<Told, { type: Type }>;
    }
  }

  /** Steps that ran in the next run, by their status. */
  async run(): Promise<Record<string, string>> {
    const { steps }: Finished = await this.next("run.finished");
    return Object.fromEntries(steps.map(({ step, status }) => [step, status]));
  }

  async stop(): Promise<Result> {
    this.#child.kill("SIGINT");
    return this.#ended;
  }
}

function chain(): TestProject {
  return new TestProject({
    "lib/maths.ts": "export const twice = (x: number) => 2 * x;\n",
    "data/n.txt": "1",
    "steps/10_a.ts": 'import { readFileSync } from "node:fs";\nexport const a = Number(readFileSync("data/n.txt", "utf8"));\n',
    "steps/20_b.ts": 'import { twice } from "../lib/maths.ts";\nimport { a } from "./10_a.ts";\nexport const b = twice(a);\n',
  });
}

describe("watch", () => {
  test("runs at every save of what the pipeline is made of or has read, and of nothing else", async () => {
    project = chain();
    watching = new Watching();
    expect((await watching.next("run.started")).info.trigger).toBe("watch");
    expect(await watching.run()).toEqual({ "10_a": "ran", "20_b": "ran" });

    // Not read by any step: it is the next save that starts the run, which would else be another one.
    project.write("data/other.txt", "x");
    project.edit("steps/20_b.ts", "twice(a)", "twice(a) + 1");
    expect(await watching.run()).toEqual({ "10_a": "cached", "20_b": "ran" });
    project.edit("lib/maths.ts", "2 * x", "3 * x");
    expect(await watching.run()).toEqual({ "10_a": "cached", "20_b": "ran" });
    project.write("data/n.txt", "2");
    expect(await watching.run()).toEqual({ "10_a": "ran", "20_b": "ran" });
    project.write("steps/30_new.ts", 'import { b } from "./20_b.ts";\nexport const c = b;\n');
    expect(await watching.run()).toEqual({ "10_a": "cached", "20_b": "cached", "30_new": "ran" });
    const { code, signal } = await watching.stop();
    expect({ code, signal }).toEqual({ code: 130, signal: null });
    expect(await project.value("30_new.c")).toBe(7);
  });

  test("runs at a save in a package that is linked", async () => {
    project = new TestProject({
      "packages/linked/package.json": '{ "name": "linked", "type": "module", "main": "src/i.js" }',
      "packages/linked/src/i.js": "export const linked = 1;\n",
      "node_modules/.keep": "",
      "steps/10_a.ts": "export const a = 1;\n",
      "steps/20_b.ts": 'import { linked } from "linked";\nexport const b = linked;\n',
    });
    symlinkSync("../packages/linked", project.path("node_modules/linked"));
    watching = new Watching();
    expect(await watching.run()).toEqual({ "10_a": "ran", "20_b": "ran" });
    project.write("packages/linked/src/i.js", "export const linked = 2;\n");
    expect(await watching.run()).toEqual({ "10_a": "cached", "20_b": "ran" });
    project.write("packages/linked/src/new.js", "export const linked = 3;\n");
    expect(await watching.run()).toEqual({ "10_a": "cached", "20_b": "ran" });
  });

  test("where a package is not installed, runs at a save of what the step is made of all the same", async () => {
    project = new TestProject({
      "util/one.ts": 'import "absent";\nexport const one = 1;\n',
      "steps/10_a.ts": 'import { one } from "../util/one.ts";\nexport const a = one;\n',
    });
    watching = new Watching();
    expect((await watching.next("error")).message).toContain('"absent"');
    await watching.next("watch.waiting");
    project.write("util/one.ts", "export const one = 2;\n");
    expect(await watching.run()).toEqual({ "10_a": "ran" });
  });

  test("a save that renames a new file into place", async () => {
    project = chain();
    watching = new Watching();
    await watching.run();
    for (const value of ["5", "6"]) {
      project.write("data/n.txt.tmp", value);
      renameSync(project.path("data/n.txt.tmp"), project.path("data/n.txt"));
      expect(await watching.run()).toMatchObject({ "10_a": "ran" });
    }
  });

  test("a folder that goes and comes back is watched again", async () => {
    project = chain();
    watching = new Watching();
    await watching.run();
    renameSync(project.path("lib"), project.path("elsewhere"));
    expect(await watching.next("error")).toMatchObject({ code: "E_IMPORT" });
    project.write("lib/maths.ts", "export const twice = (x: number) => 5 * x;\n");
    expect(await watching.run()).toEqual({ "10_a": "cached", "20_b": "ran" });
    project.edit("lib/maths.ts", "5 * x", "6 * x");
    expect(await watching.run()).toEqual({ "10_a": "cached", "20_b": "ran" });
    project.remove("steps");
    expect(await watching.next("error")).toMatchObject({ code: "E_NO_STEPS" });
    project.write("steps/10_only.ts", "export const only = 1;\n");
    expect(await watching.run()).toEqual({ "10_only": "ran" });
    project.edit("steps/10_only.ts", "1", "2");
    expect(await watching.run()).toEqual({ "10_only": "ran" });
  });

  test("the step that a save changes runs in a process that was waiting for it", async () => {
    const step = (n: number) => `export const [pid, n] = [process.pid, ${n}];\n`;
    project = new TestProject({ "steps/10_a.ts": step(1) });
    const mark = `STANDBY_${process.pid}`;
    watching = new Watching([], { MARK: mark });
    await watching.run();
    for (const n of [2, 3]) {
      await watching.next("watch.waiting");
      const waiting = alive(mark);
      project.write("steps/10_a.ts", step(n));
      expect(await watching.run()).toEqual({ "10_a": "ran" });
      expect(waiting).toContain(await project.value("10_a.pid"));
    }
    await watching.stop();
    expect(alive(mark)).toEqual([]);
  });

  test("a broken graph is told, and watched until it is mended", async () => {
    project = chain();
    project.write("steps/20_b.ts", "export const b = ;\n");
    watching = new Watching();
    expect(await watching.next("error")).toMatchObject({ code: "E_SYNTAX", place: { file: "steps/20_b.ts", line: 1 } });
    project.write("steps/20_b.ts", 'import { half } from "../lib/half.ts";\nexport const b = half;\n');
    expect(await watching.next("error")).toMatchObject({ code: "E_IMPORT" });
    project.write("lib/half.ts", "export const half = 0.5;\n");
    expect(await watching.run()).toMatchObject({ "20_b": "ran" });
  });

  test("what mends a graph is seen, too, that was saved before its folder was watched", () => {
    project = new TestProject({ "steps/10_a.ts": "", "lib/old.ts": "", "lib/half.ts": "" });
    utimesSync(project.path("lib/old.ts"), 1, 1);
    const watched = (broken: boolean, ...folders: string[]): Watched => ({
      files: new Set(),
      folders: new Set(folders.map((each) => project.path(each))),
      outputs: new Map(),
      broken,
      kind: { tables: false, outside: false },
      hasher: undefined,
    });
    const missed = (before: Watched, now: Watched) => missedChanges(before, now, Date.now() - 60_000).map((change) => change.path);
    expect(missed(watched(false, "steps"), watched(true, "steps", "lib"))).toEqual([project.path("lib/half.ts")]);
    expect(missed(watched(true, "steps", "lib"), watched(true, "steps", "lib"))).toEqual([]);
    expect(missed(watched(false, "steps"), watched(false, "steps", "lib"))).toEqual([]);
  });

  test("a failed step runs again when what it failed on is mended", async () => {
    project = new TestProject({
      "data/rows.csv": "a\n1\nx\n",
      "steps/10_rows.ts":
        'import { csv } from "stepbook";\nexport const rows = await csv("data/rows.csv", { columns: { a: "INTEGER" } });\n',
    });
    watching = new Watching();
    expect(await watching.run()).toEqual({ "10_rows": "failed" });
    project.write("data/rows.csv", "a\n1\n2\n");
    expect(await watching.run()).toEqual({ "10_rows": "ran" });
  });

  test("what is saved during a run is answered by one more", async () => {
    project = chain();
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const first = new Promise<Socket>((resolve) => server.once("connection", resolve));
    const { port } = server.address() as { port: number };
    project.write(
      "steps/15_slow.ts",
      'import { connect } from "node:net";\nimport { once } from "node:events";\nawait once(connect(Number(process.env.PORT), "127.0.0.1").resume(), "close");\n',
    );
    watching = new Watching([], { PORT: String(port) });
    const slow = await first;
    server.on("connection", (socket) => socket.end());
    project.edit("lib/maths.ts", "2 * x", "4 * x");
    slow.end();
    expect(await watching.run()).toMatchObject({ "10_a": "ran", "15_slow": "ran" });
    expect(await watching.run()).toMatchObject({ "10_a": "cached", "15_slow": "ran", "20_b": "ran" });
    await watching.stop();
    server.close();
    expect(await project.value("20_b.b")).toBe(4);
  });

  test("what a step writes itself starts no run", async () => {
    project = new TestProject({
      "steps/10_write.ts":
        'import { writeFileSync } from "node:fs";\nexport const config = { cache: false };\nwriteFileSync("out.txt", "same");\n',
      "steps/20_read.ts":
        'import "./10_write.ts";\nimport { readFileSync } from "node:fs";\nexport const text = readFileSync("out.txt", "utf8");\n',
    });
    watching = new Watching();
    expect(await watching.run()).toEqual({ "10_write": "ran", "20_read": "ran" });
    // A run that its write had started would come first, and without the new step.
    for (const step of ["30_new", "40_newer"]) {
      project.write(`steps/${step}.ts`, "export const x = 1;\n");
      expect(await watching.run()).toMatchObject({ "10_write": "ran", [step]: "ran" });
    }
  });
});
