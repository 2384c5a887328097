import { afterEach, expect, test } from "vitest";
import { TestProject } from "../rig/project.ts";
import { ask, served, type Served } from "./rig.ts";

let project: TestProject | undefined;
let server: Served | undefined;
afterEach(async () => {
  await server?.stop();
  project?.dispose();
});

test("the experiments are those of the first table that there is, and one that has no row yet is empty", async () => {
  const table = (name: string) => `CREATE TABLE IF NOT EXISTS ${name} (experiment_id text PRIMARY KEY, depth integer);\n`;
  project = new TestProject({
    "experiments.sql": table("trials"),
    "steps/10_try.ts": 'import { record } from "stepbook";\nrecord("trials", { depth: 7 });\n',
  });
  expect((await project.run()).code).toBe(0);
  server = await served(project);
  const get = (address: string) => ask(server!.port, "GET", address);
  const page = await get("/experiments");
  expect([page.status, page.body.includes(">7</td>")]).toEqual([200, true]);
  expect(JSON.parse((await project.command(["experiments", "--json"])).stdout)).toMatchObject({ depth: 7 });
  expect((await get("/experiments.csv")).body).toMatch(/^experiment_id,depth\r\n[^,]+,7\r\n$/);
  expect(JSON.parse((await get("/api/experiments")).body)).toMatchObject({ table: "trials", tables: ["trials"], rows: [{ depth: 7 }] });
  project.write("experiments.sql", table("trials") + table("later"));
  const later = await get("/experiments?table=later");
  expect([later.status, later.body.includes("No results")]).toEqual([200, true]);
  expect((await get("/experiments?table=nothing")).status).toBe(404);
});
