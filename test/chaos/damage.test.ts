/** Damage behind the engine's back: a stored artifact is never served damaged, a state file never forgotten in silence. */
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, utimesSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { finished, TestProject } from "../rig/project.ts";

const trials = Number(process.env["CHAOS_DAMAGE"] ?? 6);

let project: TestProject;
afterEach(() => project.dispose());

const files = {
  "steps/10_a.ts": "export const a = 1;\nexport const rows = Float64Array.from({ length: 5000 }, (_, i) => i);\n",
  "steps/20_b.ts": 'import { sql } from "stepbook";\nimport { a } from "./10_a.ts";\nexport const t = await sql`SELECT i + ${a} AS v FROM range(50) r(i)`;\n',
  "steps/30_c.ts": 'import { t } from "./20_b.ts";\nimport { rows } from "./10_a.ts";\nexport const c = [(await t.rows()).length, rows.length];\n',
};

function objects(): string[] {
  const store = project.path(".stepbook/store");
  return readdirSync(store, { recursive: true, encoding: "utf8" }).map((name) => path.join(store, name)).filter((file) => statSync(file).isFile()).sort();
}

const damages: Record<string, (file: string, others: readonly string[]) => void> = {
  flipped: (file) => {
    const bytes = readFileSync(file);
    bytes[Math.floor(Math.random() * bytes.length)]! ^= 1 << Math.floor(Math.random() * 8);
    const { atime, mtime } = statSync(file);
    writeFileSync(file, bytes);
    utimesSync(file, atime, mtime);
  },
  cut: (file) => truncateSync(file, Math.floor(Math.random() * statSync(file).size)),
  emptied: (file) => truncateSync(file, 0),
  deleted: (file) => rmSync(file),
  "swapped for another": (file, others) => copyFileSync(others.find((each) => each !== file && path.extname(each) === path.extname(file)) ?? others[0]!, file),
  "made a folder": (file) => (rmSync(file), mkdirSync(file)),
};

describe("an artifact", () => {
  test.each(Object.entries(damages))("%s is not served", async (name, damage) => {
    project = new TestProject(files);
    expect((await project.run()).code).toBe(0);
    const golden = objects().map((file) => readFileSync(file).toString("base64"));
    for (let i = 0; i < Math.ceil(trials / 6); i++) {
      const all = objects();
      const victim = all[Math.floor(Math.random() * all.length)]!;
      damage(victim, all);
      const again = await project.run();
      expect(again.code, `${name} ${victim}: ${again.stderr}${again.stdout}`).toBe(0);
      expect(again.ran.length, `${name} ${victim}`).toBeGreaterThan(0);
      expect(objects().map((file) => readFileSync(file).toString("base64"))).toEqual(golden);
    }
  });
});

describe("the state file", () => {
  const mutations: Record<string, (file: string) => void> = {
    "is text": (file) => writeFileSync(file, "hello, I am no database, and long enough to be looked at as one".repeat(100)),
    "is empty": (file) => truncateSync(file, 0),
    "is a folder": (file) => (rmSync(file), mkdirSync(file)),
    "is cut in half": (file) => truncateSync(file, Math.floor(statSync(file).size / 2)),
    "lost a page": (file) => {
      const bytes = readFileSync(file);
      const page = 1 + Math.floor(Math.random() * (bytes.length / 4096 - 1));
      bytes.fill(0xa5, page * 4096, (page + 1) * 4096);
      writeFileSync(file, bytes);
    },
  };

  test.each(Object.entries(mutations))("%s: refused with its remedy and kept, or of no consequence", async (name, mutate) => {
    project = new TestProject(files);
    await project.run();
    const golden = objects().map((file) => path.basename(file));
    const file = project.path(".stepbook/state.db");
    for (const tail of ["-wal", "-shm"]) rmSync(file + tail, { force: true });
    mutate(file);
    const before = statSync(file).isFile() ? readFileSync(file) : null;
    const again = await project.run();
    if (again.code === 0) {
      // A page that nothing looked at, or that SQLite found free.
      expect(name).toBe("lost a page");
      expect(objects().map((each) => path.basename(each))).toEqual(expect.arrayContaining(golden));
      return;
    }
    expect(again.stdout + again.stderr, name).toContain("E_STATE_CORRUPT");
    expect(again.stdout + again.stderr, name).toContain("move it away");
    if (before && name !== "lost a page" && name !== "is cut in half") expect(readFileSync(file).equals(before), "kept as it is").toBe(true);
    // What the remedy says works.
    for (const each of readdirSync(project.path(".stepbook")).filter((entry) => entry.startsWith("state.db"))) rmSync(project.path(`.stepbook/${each}`), { recursive: true });
    expect((await project.run()).ran).toEqual(["10_a", "20_b", "30_c"]);
    expect(objects().map((each) => path.basename(each))).toEqual(golden);
  });
});

describe("a step that floods its log", () => {
  const given = process.env["CHAOS_LOG_MB"];
  const write = (text: string, megabytes: number) => `import { writeSync } from "node:fs";\nconst part = ${text};\nconst all = (at: number) => { try { return writeSync(1, part, at); } catch (error) { if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error; return 0; } };\nfor (let i = 0; i < ${megabytes}; i++) for (let at = 0; at < part.length; ) at += all(at);\nexport const a = 1;\n`;

  test.each([
    ["in lines", 10, 'Buffer.from(("x".repeat(99) + "\\n").repeat(10_000))'],
    ["in one line", 100, 'Buffer.alloc(1_000_000, "x")'],
    ["in bytes that are no text", 10, "Buffer.from(Array.from({ length: 1_000_000 }, (_, i) => (i * 7919) % 256))"],
  ])("%s", async (_, quick, text) => {
    const megabytes = Number(given ?? quick);
    project = new TestProject({ "steps/10_a.ts": write(text, megabytes) });
    const child = project.start(["run"]);
    let peak = 0;
    const watch = setInterval(() => (peak = Math.max(peak, memoryOf(child.pid!))), 20);
    const ended = finished(child);
    const result = await ended;
    clearInterval(watch);
    expect(result.code, result.stderr.slice(-500)).toBe(0);
    console.log(`log flood: ${megabytes} MB, peak ${Math.round(peak)} MB`);
    expect(peak).toBeLessThan(400);
    const runs = project.path(".stepbook/runs");
    const log = path.join(runs, readdirSync(runs)[0]!, "10_a.log");
    expect(existsSync(log) && statSync(log).size).toBeLessThan(66 * 1024 * 1024);
    if (megabytes > 70) expect(readFileSync(log).subarray(-100).toString()).toContain("further bytes were not kept");
  });
});

/** Resident memory at its peak, in MB. */
function memoryOf(pid: number): number {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}
