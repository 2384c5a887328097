/** Damage behind the engine's back: a stored artifact is never served damaged, a state file never forgotten in silence. */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { afterEach, expect, test } from "vitest";
import { inMemory } from "../rig/memory.ts";
import { memory } from "../rig/processes.ts";
import { TestProject } from "../rig/project.ts";
import { isRelease, type Random, trials } from "./trials.ts";

inMemory();

let project: TestProject;
afterEach(() => project.dispose());

const files = {
  "steps/10_a.ts": "export const a = 1;\nexport const rows = Float64Array.from({ length: 5000 }, (_, i) => i);\n",
  "steps/20_b.ts":
    'import { sql } from "stepbook";\nimport { a } from "./10_a.ts";\nexport const t = await sql`SELECT i + ${a} AS v FROM range(50) r(i)`;\n',
  "steps/30_c.ts":
    'import { t } from "./20_b.ts";\nimport { rows } from "./10_a.ts";\nexport const c = [(await t.rows()).length, rows.length];\n',
};

function objects(): string[] {
  const store = project.path(".stepbook/store");
  return readdirSync(store, { recursive: true, encoding: "utf8" })
    .map((name) => path.join(store, name))
    .filter((file) => statSync(file).isFile())
    .sort();
}

const damages: Record<string, (file: string, others: readonly string[], random: Random) => void> = {
  flipped: (file, _, random) => {
    const bytes = readFileSync(file);
    bytes[Math.floor(random() * bytes.length)]! ^= 1 << Math.floor(random() * 8);
    const { atime, mtime } = statSync(file);
    writeFileSync(file, bytes);
    utimesSync(file, atime, mtime);
  },
  cut: (file, _, random) => truncateSync(file, Math.floor(random() * statSync(file).size)),
  emptied: (file) => truncateSync(file, 0),
  deleted: (file) => rmSync(file),
  "swapped for another": (file, others) =>
    copyFileSync(others.find((each) => each !== file && path.extname(each) === path.extname(file)) ?? others[0]!, file),
  "made a folder": (file) => (rmSync(file), mkdirSync(file)),
};

test("a damaged artifact is not served", { timeout: 6 * 3600_000 }, async () => {
  project = new TestProject(files);
  expect((await project.run()).code).toBe(0);
  const golden = objects().map((file) => readFileSync(file).toString("base64"));
  await trials("artifact", async (nth, { random }) => {
    const [name, damage] = Object.entries(damages)[nth % Object.keys(damages).length]!;
    const all = objects();
    const victim = all[Math.floor(random() * all.length)]!;
    damage(victim, all, random);
    const again = await project.run();
    expect(again.code, `${name} ${victim}: ${again.stderr}${again.stdout}`).toBe(0);
    expect(again.ran.length, `${name} ${victim}`).toBeGreaterThan(0);
    expect(
      objects().map((file) => readFileSync(file).toString("base64")),
      `${name} ${victim}`,
    ).toEqual(golden);
  });
});

const mutations: Record<string, (file: string, random: Random) => void> = {
  "is text": (file) => writeFileSync(file, "hello, I am no database, and long enough to be looked at as one".repeat(100)),
  "is empty": (file) => truncateSync(file, 0),
  "is a folder": (file) => (rmSync(file), mkdirSync(file)),
  "is cut in half": (file) => truncateSync(file, Math.floor(statSync(file).size / 2)),
  "lost a page": (file, random) => {
    const bytes = readFileSync(file);
    const page = 1 + Math.floor(random() * (bytes.length / 4096 - 1));
    bytes.fill(0xa5, page * 4096, (page + 1) * 4096);
    writeFileSync(file, bytes);
  },
};

test("a damaged state file is refused with its remedy and kept, or of no consequence", { timeout: 6 * 3600_000 }, async () => {
  project = new TestProject(files);
  await project.run();
  const golden = objects().map((file) => path.basename(file));
  const file = project.path(".stepbook/state.db");
  await trials("state", async (nth, { random }) => {
    const [name, mutate] = Object.entries(mutations)[nth % Object.keys(mutations).length]!;
    for (const tail of ["-wal", "-shm"]) rmSync(file + tail, { force: true });
    mutate(file, random);
    const before = statSync(file).isFile() ? readFileSync(file) : null;
    const again = await project.run();
    if (again.code === 0) {
      // A page that nothing looked at, or that SQLite found free.
      expect(name).toBe("lost a page");
      return expect(objects().map((each) => path.basename(each))).toEqual(expect.arrayContaining(golden));
    }
    expect(again.stdout + again.stderr, name).toContain("E_STATE_CORRUPT");
    expect(again.stdout + again.stderr, name).toContain("move it away");
    if (before && name !== "lost a page" && name !== "is cut in half")
      expect(readFileSync(file).equals(before), "kept as it is").toBe(true);
    // What the remedy says works.
    for (const each of readdirSync(project.path(".stepbook")).filter((entry) => entry.startsWith("state.db")))
      rmSync(project.path(`.stepbook/${each}`), { recursive: true });
    expect((await project.run()).ran).toEqual(["10_a", "20_b", "30_c"]);
    expect(objects().map((each) => path.basename(each))).toEqual(golden);
  });
});

test("a step that floods its log: lines, one line, bytes that are not text", { timeout: 6 * 3600_000 }, async () => {
  const floods = [
    'Buffer.from(("x".repeat(99) + "\\n").repeat(10_000))',
    'Buffer.alloc(1_000_000, "x")',
    "Buffer.from(Array.from({ length: 1_000_000 }, (_, i) => (i * 7919) % 256))",
  ];
  const sizes = isRelease ? [1000, 100, 100] : [10, 10, 10];
  let peak = 0;
  await trials(
    "flood",
    async (nth, notes) => {
      const megabytes = sizes[nth]!;
      project = new TestProject({ "steps/10_a.ts": flooding(floods[nth]!, megabytes) });
      const child = project.start(["run"]);
      const watch = setInterval(() => (peak = Math.max(peak, memory(child.pid!, "VmHWM"))), 20);
      // What it shows is as long as what the step says: only the end of it is kept.
      let end = "";
      for (const stream of [child.stdout!, child.stderr!])
        stream.on("data", (data: Buffer) => (end = (end + data.subarray(-500).toString()).slice(-500)));
      const code = await new Promise((resolve) => child.once("close", resolve));
      clearInterval(watch);
      expect(code, end).toBe(0);
      notes.note = `${sizes.slice(0, nth + 1).join(", ")} MB, the runner's memory ${Math.round(peak)} MB at its peak`;
      expect(peak).toBeLessThan(400);
      const runs = project.path(".stepbook/runs");
      const log = path.join(runs, readdirSync(runs)[0]!, "10_a.log");
      expect(existsSync(log) && statSync(log).size).toBeLessThan(66 * 1024 * 1024);
      if (megabytes > 70) expect(readFileSync(log).subarray(-100).toString()).toContain("further bytes were not kept");
      project.dispose();
    },
    floods.length,
  );
});

function flooding(part: string, megabytes: number): string {
  return `import { writeSync } from "node:fs";
const part = ${part};
const all = (at: number) => { try { return writeSync(1, part, at); } catch (error) { if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error; return 0; } };
for (let i = 0; i < ${megabytes}; i++) for (let at = 0; at < part.length; ) at += all(at);
export const a = 1;
`;
}
