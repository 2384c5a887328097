/** Not every disk has hard links. */
import { afterEach, expect, test } from "vitest";
import { TestProject } from "../rig/project.ts";

let project: TestProject;
afterEach(() => project.dispose());

test("a table is exported, under two names too", async () => {
  project = new TestProject({
    "no-links.cjs":
      'require("node:fs").linkSync = () => {\n  throw Object.assign(new Error("EPERM: operation not permitted, link"), { code: "EPERM" });\n};\n',
    "steps/10_a.ts": 'import { sql } from "stepbook";\nexport const a = await sql`SELECT 1 AS n`;\nexport const b = a;\n',
  });
  const { code, stderr } = await project.run([], { env: { NODE_OPTIONS: "--require ./no-links.cjs" } });
  expect(code, stderr).toBe(0);
  for (const name of ["a", "b"]) expect(await project.value(`10_a.${name}`)).toMatchObject({ rows: [{ n: 1 }] });
});
