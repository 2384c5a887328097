/** The same fingerprint, another result: `verify` names the exports that differ, and no others. */
import { expect, test } from "vitest";
import { inMemory } from "../rig/memory.ts";
import { TestProject } from "../rig/project.ts";
import { trials } from "./trials.ts";

inMemory();

/** Expressions that hardly give the same twice. */
const chances = [
  "Math.random()",
  "Date.now() + performance.now()",
  "process.hrtime.bigint()",
  "crypto.randomUUID()",
  "[...crypto.getRandomValues(new Uint8Array(16))]",
  "process.pid",
  "(await stat('.stepbook/state.db-wal')).mtimeMs",
  "new Map([['at', { depth: [Math.random()] }]])",
  "Float64Array.from({ length: 2000 }, (_, i) => (i === 1234 ? Math.random() : i))",
  "await sql`SELECT i, random() AS x FROM range(3) r(i)`",
  "await table([{ a: 1, b: performance.now() }])",
];
const steady = ["1 + 1", "[1, 'two', new Date(0)]", "await sql`SELECT 42 AS a`", "random(7).next()", "Float64Array.of(1, 2)"];

test("what a step leaves to chance is told by name", { timeout: 6 * 3600_000 }, async () => {
  await trials("chance", async (nth, { random }) => {
    const one = <T>(of: readonly T[]): T => of[Math.floor(random() * of.length)]!;
    const chance = chances[nth % chances.length]!;
    const names = ["a", "b", "c", "d"];
    const mutant = one(names);
    // The twin has no such export: what says that everything differs proves nothing.
    for (const mutants of [[mutant], []]) {
      const body = names.map((name) => `export const ${name} = ${mutants.includes(name) ? chance : one(steady)};\n`).join("");
      const project = new TestProject({
        "steps/10_mutant.ts": `import { stat } from "node:fs/promises";\nimport { random, sql, table } from "stepbook";\nvoid [stat, random, sql, table];\n${body}`,
      });
      expect((await project.run()).code, body).toBe(0);
      const { code, stdout, stderr } = await project.command(["verify", "10_mutant", "--json"]);
      const told = stdout
        .split("\n")
        .filter(Boolean)
        .map((line) => JSON.parse(line) as { type: string; name?: string; status?: string });
      const differing = told.filter(({ type, status }) => type === "output" && status !== "same").map(({ name }) => name);
      expect(differing, `${body}${stdout}${stderr}`).toEqual(mutants);
      expect(code, body).toBe(mutants.length);
      project.dispose();
    }
  });
});
