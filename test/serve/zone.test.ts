import { expect, test } from "vitest";
import { scheduled, Scheduled } from "../schedule/rig.ts";
import { ask } from "./rig.ts";

test("the days that the form of a backfill begins with are of the schedule's own clock", async () => {
  // A day and two hours apart: at any time one of them has another day than UTC.
  const zones = { east: "Pacific/Kiritimati", west: "Etc/GMT+12" };
  const project = scheduled(
    Object.entries(zones)
      .map(([name, timezone]) => `${name}: { cron: "@yearly", timezone: "${timezone}" }`)
      .join(", "),
    { "steps/10_a.ts": "export const a = 1;\n" },
  );
  let scheduler: Scheduled | undefined;
  try {
    scheduler = new Scheduled(project, ["--port", "0"]);
    const port = await scheduler.port();
    await scheduler.says("scheduling");
    for (const [name, timeZone] of Object.entries(zones)) {
      const today = () => new Intl.DateTimeFormat("en-CA", { timeZone }).format(Date.now());
      const days = [today()];
      const { body } = await ask(port, "GET", `/schedule?schedule=${name}`);
      days.push(today());
      expect(days).toContain(/name="to" value="([^"]+)"/.exec(body)?.[1]);
    }
  } finally {
    await scheduler?.end();
    project.dispose();
  }
});
