// Training on a schedule has its own issue and is not built yet: this file says so instead of
// pretending. Until then a crontab does it: 0 0 * * * cd /path/to/project && npx tsx runner.ts
console.error("schedule.ts: the scheduler is not built yet; let cron call `npx tsx runner.ts`");
process.exitCode = 3;
