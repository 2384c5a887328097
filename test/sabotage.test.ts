import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { buildPackage } from "../build.ts";
import { built, root } from "./rig/build.ts";
import { TestProject } from "./rig/project.ts";

const names = [...readFileSync(path.join(root, "src/sabotage.ts"), "utf8").matchAll(/^ {2}\| "([\w-]+)"/gm)].map(([, name]) => name!);

function code(folder: string): string {
  return readdirSync(folder)
    .filter((file) => file.endsWith(".js"))
    .map((file) => readFileSync(path.join(folder, file), "utf8"))
    .join("\n");
}

test("the tested build has every fault, the shipped one none", async () => {
  const shipped = mkdtempSync(path.join(tmpdir(), "stepbook-shipped-"));
  onTestFinished(() => rmSync(shipped, { recursive: true, force: true }));
  await buildPackage(root, shipped);
  expect(names.length).toBeGreaterThan(12);
  expect(names.filter((name) => !code(built).includes(`sabotaged("${name}")`))).toEqual([]);
  expect(names.filter((name) => code(shipped).includes(name))).toEqual([]);
  expect(code(shipped)).not.toMatch(/STEPBOOK_SABOTAGE"|sabotaged\(/);
});

test("a fault is made where it is asked for, and only then", async () => {
  const project = new TestProject({
    "steps/10_a.ts": 'import { param } from "stepbook";\nexport const a = param("a", 1);\n',
    "steps/20_b.ts": 'import { a } from "./10_a.ts";\nexport const b = a * 10;\n',
  });
  onTestFinished(() => project.dispose());
  const env = { STEPBOOK_SABOTAGE: "lookup-ignores-inputs" };
  await project.run([], { env });
  await project.run(["-p", "a=2"], { env });
  expect(await project.value("20_b.b")).toBe(10);
  expect((await project.run(["-p", "a=2"])).ran).toContain("20_b");
  expect(await project.value("20_b.b")).toBe(20);
});
