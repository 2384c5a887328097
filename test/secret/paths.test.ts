/** A weak password is part of many a path: what a record goes by stays what it is. */
import { afterEach, expect, test } from "vitest";
import { TestProject } from "../rig/project.ts";

let project: TestProject;
afterEach(() => project.dispose());

test("files whose paths hold what is only taken for a secret are found again, and those with a secret are not kept", async () => {
  project = new TestProject({
    "data/postgres_dump.csv": "1\n",
    "data/hunter22.csv": "1\n",
    "steps/10_dump.ts":
      'import fs from "node:fs";\nfs.writeFileSync("data/postgres.out", "");\nexport const dump = fs.readFileSync("data/postgres_dump.csv", "utf8");\n',
    "steps/20_told.ts":
      'import fs from "node:fs";\nimport { secret } from "stepbook";\nexport const length = fs.readFileSync(`data/${secret("DB_PASSWORD")}.csv`, "utf8").length;\n',
  });
  const env = { DATABASE_URL: "postgres://postgres:postgres@localhost/db", DB_PASSWORD: "hunter22" };
  const run = () => project.run([], { env });
  expect((await run()).ran).toEqual(["10_dump", "20_told"]);
  expect((await run()).ran).toEqual(["20_told"]);
  project.write("data/postgres_dump.csv", "2\n");
  expect((await run()).ran).toEqual(["10_dump", "20_told"]);
  project.remove("data/postgres.out");
  expect((await run()).ran).toEqual(["10_dump", "20_told"]);
  expect((await project.command(["why", "20_told", "--json"], { env })).stdout).not.toContain("hunter22");
});
