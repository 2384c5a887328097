import { exitCodeOf, fail, toFailure } from "../errors.ts";
import { onSignals } from "../execute/signals.ts";
import { openState } from "../record/state.ts";
import type { Address } from "../serve/address.ts";
import { readArguments, usage } from "./arguments.ts";
import { readWritten, type ScheduleDefinition } from "./define.ts";
import { keepMirroring } from "./mirroring.ts";
import { keepServing } from "./pages.ts";
import { Scheduler } from "./scheduler.ts";
import { makeVoice, type Voice } from "./voice.ts";

export type { Hook, ScheduleDefinition, SlotReport } from "./define.ts";
export { ping, webhook } from "./hooks.ts";

/** After SIGTERM a run may end within this, then it is cancelled; its steps have 5 s more. */
const drainFor = 4_000;

/**
 * Keeps the schedules: call it once, at the end of `schedule.ts`. It stays until SIGTERM or SIGINT, and serves the pages;
 * with `--once` it runs what is due and ends.
 *
 * @param schedules name → cron, and what is to differ from the defaults
 * @example await schedule({ train: { cron: "@daily", timezone: "Europe/Berlin" } });
 */
export async function schedule(schedules: Readonly<Record<string, ScheduleDefinition>>): Promise<void> {
  let voice = makeVoice("text", process.cwd());
  let hangs = false;
  try {
    const given = readArguments(process.argv.slice(2), process.argv[1] ?? "schedule.ts", process.env, process.stderr.isTTY === true);
    if (given === null) return void process.stdout.write(usage);
    voice = makeVoice(given.manner, given.project);
    const checked = Object.entries(schedules).map(([name, definition]) => readWritten(name, definition));
    if (checked.length === 0) fail("E_SCHEDULE", "schedule({}) has no schedules", { remedy: 'such as { train: { cron: "@daily" } }' });
    const db = openState(given.project);
    try {
      const scheduler = new Scheduler(db, given.project, checked, voice);
      await (given.once ? runOnce(scheduler) : stay(scheduler, given.project, given.pages, voice));
      process.exitCode = given.once && scheduler.failed ? 1 : 0;
      hangs = scheduler.hangs;
    } finally {
      db.close();
    }
  } catch (error) {
    const failure = toFailure(error);
    voice.failure(failure);
    process.exitCode = exitCodeOf(failure);
  } finally {
    voice.close();
  }
  // By a socket or a timer that nobody ends.
  if (hangs) process.exit();
}

async function stay(scheduler: Scheduler, project: string, address: Address | null, voice: Voice): Promise<void> {
  const stopMirroring = await keepMirroring(project, (message) => voice.say(message, {}, "warn"));
  const asked = stopAsked(scheduler);
  scheduler.start();
  if (!scheduler.leads) voice.say("another scheduler leads in this folder; this one takes over when it ends");
  const pages = keepServing(project, address, () => scheduler, voice);
  scheduler.watch(pages);
  await asked;
  voice.say("stopping: nothing new starts");
  await scheduler.drain(drainFor);
  await stopMirroring();
  await pages.close();
}

async function runOnce(scheduler: Scheduler): Promise<void> {
  const asked = stopAsked(scheduler).then(() => scheduler.drain(drainFor));
  await Promise.race([scheduler.once(), asked]);
  if (!scheduler.leads)
    fail("E_LOCKED", "another scheduler leads in this folder", { remedy: "it runs what is due; --once is for where none stays" });
  await scheduler.drain(0);
}

/** The first signal drains; from the second on the runs are told to end, then at once. */
function stopAsked(scheduler: Scheduler): Promise<void> {
  return new Promise((resolve) => {
    let asked = 0;
    onSignals(() => {
      if (asked++ > 0) scheduler.cancel();
      resolve();
    });
  });
}
