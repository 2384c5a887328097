import path from "node:path";
import { parseArgs } from "node:util";
import { exitCodeOf, fail, toFailure } from "../errors.ts";
import { openState } from "../record/state.ts";
import { makeReport, type Report } from "../report/report.ts";
import { keepMirroring } from "./mirroring.ts";
import { readSchedule, type ScheduleDefinition } from "./define.ts";
import { Scheduler } from "./scheduler.ts";

export type { Hook, ScheduleDefinition, SlotReport } from "./define.ts";
export { ping, webhook } from "./hooks.ts";

/** After SIGTERM a run may end within this, then it is cancelled; its steps have 5 s more. */
const drainFor = 4_000;

/**
 * Keeps the schedules: call it once, at the end of `schedule.ts`. It stays until SIGTERM or SIGINT; with `--once` it
 * runs what is due and ends.
 *
 * @param schedules name → cron, and what is to differ from the defaults
 * @example await schedule({ train: { cron: "@daily", timezone: "Europe/Berlin" } });
 */
export async function schedule(schedules: Readonly<Record<string, ScheduleDefinition>>): Promise<void> {
  const { json, once, project } = readArguments();
  const report = makeReport({ json, stdout: process.stdout, stderr: process.stderr, env: process.env, project });
  try {
    const checked = Object.entries(schedules).map(([name, definition]) => readSchedule(name, definition));
    if (checked.length === 0) fail("E_SCHEDULE", "schedule({}) has no schedules", { remedy: 'such as { train: { cron: "@daily" } }' });
    const db = openState(project);
    try {
      const say = (message: string) => void process.stderr.write(json ? `${JSON.stringify({ type: "schedule", at: new Date().toISOString(), message })}\n` : `${message}\n`);
      const scheduler = new Scheduler(db, project, checked, { event: (event) => report.event(event), say });
      await (once ? runOnce(scheduler) : stay(scheduler, project, say));
      process.exitCode = once && scheduler.failed ? 1 : 0;
    } finally {
      db.close();
    }
  } catch (error) {
    tell(report, error);
  } finally {
    report.close();
  }
}

async function stay(scheduler: Scheduler, project: string, say: (message: string) => void): Promise<void> {
  const stopMirroring = await keepMirroring(project, say);
  const asked = stopAsked(scheduler);
  scheduler.start();
  if (!scheduler.leads) say("another scheduler leads in this folder; this one takes over when it ends");
  await asked;
  say("stopping: nothing new starts");
  await scheduler.drain(drainFor);
  await stopMirroring();
}

async function runOnce(scheduler: Scheduler): Promise<void> {
  const asked = stopAsked(scheduler).then(() => scheduler.drain(drainFor));
  await Promise.race([scheduler.once(), asked]);
  if (!scheduler.leads) fail("E_LOCKED", "another scheduler leads in this folder", { remedy: "it runs what is due; --once is for where none stays" });
  await scheduler.drain(0);
}

/** The first signal drains; from the second on the runs are told to end, then at once. */
function stopAsked(scheduler: Scheduler): Promise<void> {
  return new Promise((resolve) => {
    let asked = 0;
    for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
      process.on(signal, () => {
        if (asked++ > 0) scheduler.cancel();
        resolve();
      });
    }
  });
}

function readArguments(): { json: boolean; once: boolean; project: string } {
  const { values } = parseArgs({ options: { json: { type: "boolean" }, once: { type: "boolean" }, project: { type: "string" } } });
  const here = path.dirname(path.resolve(process.argv[1] ?? "schedule.ts"));
  return { json: values.json === true, once: values.once === true, project: path.resolve(values.project ?? here) };
}

function tell(report: Report, error: unknown): void {
  const failure = toFailure(error);
  report.failure(failure);
  process.exitCode = exitCodeOf(failure);
}
