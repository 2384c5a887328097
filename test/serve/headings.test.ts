import { expect, test } from "vitest";
import { scheduled, Scheduled } from "../schedule/rig.ts";
import { ask } from "./rig.ts";

test("each page has one h1, and no heading skips a level", async () => {
  const project = scheduled('train: { cron: "@yearly" }', {
    "experiments.sql":
      "CREATE TABLE IF NOT EXISTS experiments (experiment_id text PRIMARY KEY, experiment_datetime timestamptz, size integer);\n",
    "steps/10_a.ts":
      '/** # A\n * ## Inside\n * words */\nimport { param, record, saveModel, sql } from "stepbook";\nconst size = param("size", 1);\nexport const rows = await sql`SELECT range AS i, range % ${size} AS j FROM range(50)`;\nrecord("experiments", { size });\nsaveModel("tiny", { size }, {});\nconsole.log("done");\n',
    "steps/20_b.ts": 'import { rows } from "./10_a.ts";\nif (rows.count > 0) throw new Error("no");\n',
  });
  let scheduler: Scheduled | undefined;
  try {
    scheduler = new Scheduled(project, ["--port", "0"]);
    const port = await scheduler.port();
    await scheduler.says("scheduling");
    const levels = async (address: string) =>
      [...(await ask(port, "GET", address)).body.matchAll(/<h([1-6])[ >]/g)].map(([, level]) => Number(level));
    const sound = (found: readonly number[]) =>
      found[0] === 1 && found.lastIndexOf(1) === 0 && found.slice(1).every((level, index) => level <= found[index]! + 1);
    const pages = [
      "/",
      "/graph",
      "/runs",
      "/experiments",
      "/models",
      "/schedule",
      "/schedule?schedule=train&from=2020-01-01&to=2021-01-01",
      "/new",
      "/nowhere",
    ];
    for (const address of pages) expect(await levels(address), address).toSatisfy(sound);
    const runs: string[] = [];
    for (const size of [1, 2]) runs.push(((await project.run(["-p", `size=${size}`])).events[0] as { run: string }).run);
    const rows = JSON.parse((await ask(port, "GET", "/experiments.json")).body) as { experiment_id: string }[];
    const picked = rows.map(({ experiment_id: id }) => `pick=${id}`).join("&");
    const more = [
      `/runs/${runs[0]}`,
      `/runs/${runs[0]}/notebook`,
      `/compare?before=${runs[0]}&after=${runs[1]}`,
      `/experiments?${picked}`,
      "/models/tiny",
    ];
    for (const address of [...pages, ...more]) expect(await levels(address), address).toSatisfy(sound);
  } finally {
    await scheduler?.end();
    project.dispose();
  }
});
