import { fail } from "../errors.ts";
import { wait } from "../graph/settings.ts";
import { nearest } from "../nearest.ts";
import { type Cron, parseCron } from "./cron.ts";
import { timeZone, type Zone } from "./zone.ts";

/** What became of a slot, as hooks are told it. */
export interface SlotReport {
  readonly schedule: string;
  /** ISO 8601, UTC: the logical date of its run. */
  readonly slot: string;
  readonly status: "succeeded" | "failed" | "missed";
  readonly reason: string | null;
  readonly run: string | null;
  readonly attempts: number;
}

export type Hook = (report: SlotReport) => unknown;

/** A schedule as the user writes it; only `cron` must be given. */
export interface ScheduleDefinition {
  /** Five fields, or a macro such as `@daily`. */
  readonly cron: string;
  /** Default UTC. */
  readonly timezone?: string;
  /** Steps to run; default all. */
  readonly steps?: readonly string[];
  readonly params?: Readonly<Record<string, string | number | boolean>>;
  /** What becomes of slots that passed while nobody was there: default none. */
  readonly catchUp?: "none" | "latest" | "all";
  /** What becomes of a slot whose predecessor still runs: default skip. */
  readonly overlap?: "skip" | "queue" | "allow";
  /** Further attempts of a failed run; default 0. */
  readonly retries?: number;
  /** Wait before a further attempt: `"5m"`, or ms; default a minute. */
  readonly retryDelay?: string | number;
  /** An attempt that takes longer is cancelled and counts as failed. */
  readonly deadline?: string | number;
  readonly onSuccess?: Hook;
  readonly onFailure?: Hook;
  readonly onMissed?: Hook;
}

/** A schedule, checked. */
export interface Schedule extends Omit<ScheduleDefinition, "cron" | "timezone" | "params" | "retryDelay" | "deadline"> {
  readonly name: string;
  readonly cron: Cron;
  readonly zone: Zone;
  readonly steps: readonly string[];
  readonly params: Readonly<Record<string, string>>;
  readonly catchUp: "none" | "latest" | "all";
  readonly overlap: "skip" | "queue" | "allow";
  readonly retries: number;
  readonly retryDelay: number;
  readonly deadline: number | null;
}

const hooks = ["onSuccess", "onFailure", "onMissed"] as const;
const fields = [
  "cron",
  "timezone",
  "steps",
  "params",
  "catchUp",
  "overlap",
  "retries",
  "retryDelay",
  "deadline",
  ...hooks,
] as const satisfies readonly (keyof ScheduleDefinition)[];

/** A schedule as somebody has just written it: what would be passed over in silence is refused, too. @throws E_SCHEDULE */
export function readWritten(name: string, given: ScheduleDefinition): Schedule {
  const unknown = Object.keys(given).find((key) => !(fields as readonly string[]).includes(key));
  if (unknown !== undefined)
    fail("E_SCHEDULE", `schedule ${name}: it has an unknown field "${unknown}"`, { remedy: nearest(unknown, fields) });
  // Else that would come out when there is something to tell.
  const hook = hooks.find((each) => given[each] !== undefined && typeof given[each] !== "function");
  if (hook !== undefined)
    fail("E_SCHEDULE", `schedule ${name}: ${hook} is not a function`, { remedy: `such as ${hook}: webhook("https://…")` });
  return readSchedule(name, given);
}

/** @throws E_SCHEDULE */
export function readSchedule(name: string, given: ScheduleDefinition): Schedule {
  const wrong = (what: string, remedy: string): never => fail("E_SCHEDULE", `schedule ${name}: ${what}`, { remedy });
  const { catchUp = "none", overlap = "skip", retries = 0 } = given;
  if (!/^[A-Za-z0-9][\w.-]*$/.test(name)) wrong("its name holds other than letters, digits, _ . -", "such as train");
  if (typeof given.cron !== "string") wrong("it has no cron", 'such as cron: "@daily"');
  if (!["none", "latest", "all"].includes(catchUp)) wrong(`catchUp is "${catchUp}"`, "none, latest or all");
  if (!["skip", "queue", "allow"].includes(overlap)) wrong(`overlap is "${overlap}"`, "skip, queue or allow");
  if (!Number.isInteger(retries) || retries < 0) wrong(`retries is ${retries}`, "a whole number from 0");
  const time = (field: string, value: string | number | undefined): number | null =>
    value === undefined
      ? null
      : (wait(typeof value === "number" && value > 0 ? value : String(value)) ??
        wrong(`${field} is ${value}`, 'such as "5m", at most 24 days'));
  return {
    ...given,
    name,
    cron: parseCron(given.cron),
    zone: timeZone(given.timezone ?? "UTC"),
    steps: given.steps ?? [],
    params: Object.fromEntries(Object.entries(given.params ?? {}).map(([param, value]) => [param, String(value)])),
    catchUp,
    overlap,
    retries,
    retryDelay: time("retryDelay", given.retryDelay) ?? 60_000,
    deadline: time("deadline", given.deadline),
  };
}
