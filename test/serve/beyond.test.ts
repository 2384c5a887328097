import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { scheduled, Scheduled } from "../schedule/rig.ts";
import { ask } from "./rig.ts";

test("beyond the last run or slot the pages say so, and lead back", async () => {
  const project = scheduled('train: { cron: "@yearly" }', { "steps/10_a.ts": "export const a = 1;\n" });
  let scheduler: Scheduled | undefined;
  try {
    for (let run = 0; run < 3; run++) expect((await project.run()).code).toBe(0);
    scheduler = new Scheduled(project, ["--port", "0"]);
    const port = await scheduler.port();
    await scheduler.says("scheduling");
    const page = async (address: string) => (await ask(port, "GET", address)).body;
    expect(await page("/schedule?offset=1000")).toContain("No slot has come yet.");
    const db = new Database(project.path(".stepbook/state.db"));
    for (const year of [2020, 2021, 2022])
      db.prepare("INSERT INTO slots (schedule, slot, status, \"trigger\", updated_at) VALUES ('train', ?, 'missed', 'cron', '')").run(
        `${year}-01-01T00:00:00.000Z`,
      );
    db.close();
    const runs = await page("/runs?offset=1000");
    expect(runs).not.toContain("No runs yet");
    expect(runs).toMatch(/The list ends after 3 runs\.[\s\S]*<a href="\/runs">The newest</);
    expect(await page("/runs?offset=1000&status=succeeded")).toMatch(
      /The list ends after 3 runs\.[\s\S]*<a href="\/runs\?status=succeeded">The newest</,
    );
    expect(await page("/runs?offset=1000&status=failed")).toContain("No runs failed.");
    await expect.poll(() => page("/schedule?offset=1000")).toMatch(/The list ends after 3 slots\.[\s\S]*<a href="\/schedule">The newest</);
    expect(await page("/schedule?offset=1000")).not.toContain("1001–1000");
  } finally {
    await scheduler?.end();
    project.dispose();
  }
});
