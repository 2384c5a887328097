import { expect, test } from "vitest";
import { scheduled, Scheduled } from "../schedule/rig.ts";
import { ask } from "./rig.ts";

test("what there is one of is told as one, on every page and in every file", async () => {
  const project = scheduled('train: { cron: "@yearly", retries: 1 }, again: { cron: "@yearly", retries: 2 }', {
    "experiments.sql":
      "CREATE TABLE IF NOT EXISTS experiments (experiment_id text PRIMARY KEY, experiment_datetime timestamptz, size integer, score double precision);\n",
    "steps/10_one.ts":
      'import { param, record, sql } from "stepbook";\nconst size = param("size", 1);\nexport const one = await sql`SELECT ${size} AS size`;\nrecord("experiments", { size, score: size === 1 ? null : size });\n',
  });
  let scheduler: Scheduled | undefined;
  try {
    const runs: string[] = [];
    for (const words of [[], ["-p", "size=2"]]) {
      const { code, events } = await project.run(words);
      expect(code).toBe(0);
      runs.push((events[0] as { run: string }).run);
    }
    scheduler = new Scheduled(project, ["--port", "0"]);
    const port = await scheduler.port();
    await scheduler.says("scheduling");
    const page = async (address: string) => (await ask(port, "GET", address)).body;
    const file = async (...words: string[]) => (await project.command(words)).stdout;
    expect(await page("/")).toContain("1 row × 1 column, ");
    expect(await page(`/compare?before=${runs[0]}&after=${runs[1]}`)).toContain("<td>1 row, ");
    expect(await page("/experiments?plot=parallel&z=score")).toContain("<figcaption>1 row <");
    expect(await page("/schedule")).toMatch(/2 retries[\s\S]*1 retry</);
    expect(await file("report", "-o", "-")).toContain("1 row × 1 column, ");
    expect(await file("export", "md", "-o", "-")).toContain("1 row × 1 column\n");
    expect(await file("export", "ipynb", "-o", "-")).toContain("1 row × 1 column");
  } finally {
    await scheduler?.end();
    project.dispose();
  }
});
