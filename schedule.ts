// The schedule: `npx tsx schedule.ts` stays, trains every day and serves the pages; `--once` runs what is due and ends. See docs/schedule.md.
import { schedule } from "stepbook/schedule";

await schedule({
  train: { cron: "@daily", timezone: "UTC", catchUp: "latest" },
});
