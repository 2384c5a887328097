/** Code that was compiled once and kept, by tsx and by us, is damaged: the command says and does the same, and makes it anew. */
import { spawn } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { built, root } from "../rig/build.ts";
import { finished, type Result, TestProject } from "../rig/project.ts";
import { type Random, trials } from "./trials.ts";

/** A build of its own: the others' is not to be damaged. */
const own = `${built}-code`;
afterAll(() => rmSync(own, { recursive: true, force: true }));

const damages: Record<string, (file: string, random: Random) => void> = {
  flipped: (file, random) => {
    const bytes = readFileSync(file);
    // In the middle of what counts, too: not only in what is never looked at.
    for (let i = 0; i < 20; i++) bytes[Math.floor(random() * bytes.length)]! ^= 1 << Math.floor(random() * 8);
    writeFileSync(file, bytes);
  },
  cut: (file, random) => truncateSync(file, Math.floor(random() * readFileSync(file).length)),
  emptied: (file) => truncateSync(file, 0),
};

test("kept code that was damaged is not run", { timeout: 6 * 3600_000 }, async () => {
  cpSync(built, own, { recursive: true, filter: (file) => !path.basename(file).includes("code-") });
  const project = new TestProject({
    "runner.ts": `import { main } from ${JSON.stringify(path.join(own, "bin.cjs"))};\nawait main();\n`,
    "steps/10_a.ts": 'import { sql } from "stepbook";\nexport const t = await sql`SELECT 0 + range AS v FROM range(3)`;\n',
    "steps/20_b.ts": 'import { t } from "./10_a.ts";\nexport const sum = (await t.rows()).reduce((all, { v }) => all + Number(v), 0);\n',
  });
  const temporary = project.path("tmp");
  mkdirSync(temporary);
  const run = () => tsx(project, temporary, ["run", "--json"]);
  let before = 0;
  const kept = () =>
    [
      own,
      ...readdirSync(temporary)
        .filter((name) => name.startsWith("tsx-"))
        .map((name) => path.join(temporary, name)),
    ].flatMap((folder) =>
      readdirSync(folder)
        .filter((name) => folder !== own || name.includes("code-"))
        .map((name) => path.join(folder, name)),
    );
  await run();
  await run();
  const seen = new Set<string>();
  await trials("code", async (nth, notes) => {
    const { random } = notes;
    const all = kept();
    expect(all.filter((file) => file.startsWith(own)).length, "code is kept").toBeGreaterThan(3);
    expect(all.filter((file) => !file.startsWith(own)).length, "tsx keeps code").toBeGreaterThan(0);
    const [name, damage] = Object.entries(damages)[nth % 3]!;
    const victim = all[Math.floor(nth / 3) % all.length]!;
    damage(victim, random);
    seen.add(path.basename(victim));
    project.edit("steps/10_a.ts", `${before} + range`, `${++before} + range`);
    const { code, stdout, stderr } = await run();
    const what = `${name}: ${victim}`;
    expect(code, `${what}: ${stderr}${stdout}`).toBe(0);
    expect(stdout.match(/"type":"step.ran"/g), what).toHaveLength(2);
    const shown = await tsx(project, temporary, ["show", "20_b.sum", "--json"]);
    expect(shown.stdout, `${what}: ${shown.stderr}`).toBe(`${3 * before + 3}\n`);
    notes.note = `${seen.size} files`;
  });
  project.dispose();
});

function tsx(project: TestProject, temporary: string, words: readonly string[]): Promise<Result> {
  const env = { ...process.env, NO_COLOR: "1", TMPDIR: temporary };
  return finished(
    spawn(process.execPath, [path.join(root, "node_modules/tsx/dist/cli.mjs"), "runner.ts", ...words], {
      cwd: project.folder,
      env,
      stdio: ["ignore", "pipe", "pipe"],
    }),
  );
}
