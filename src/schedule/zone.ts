import { fail } from "../errors.ts";

const day = 86_400_000;

/** Turns the wall clock of a time zone into instants. All times are milliseconds; a local one is as if it were UTC. */
export interface Zone {
  readonly name: string;
  local(instant: number): number;
  /** What the clock is ahead of UTC by on this day of its calendar, where it does not jump on it or beside it. */
  steady(date: number): number | undefined;
  /** The first instant at which the clock shows this; where it never does, the first after the gap. */
  instant(local: number): number;
}

/** @throws E_SCHEDULE for a zone that is not known here */
export function timeZone(name: string): Zone {
  const offset = offsets(name);
  return {
    name,
    local: (instant) => instant + offset(instant),
    steady(date) {
      const [before, after] = [offset(date - day), offset(date + 2 * day)];
      return before === after ? before : undefined;
    },
    instant(local) {
      const [before, after] = [offset(local - day), offset(local + day)];
      if (before === after) return local - before;
      // Of an hour that the clock shows twice the first counts: the larger offset is the earlier instant.
      const shown = [before, after].map((each) => local - each).filter((instant) => instant + offset(instant) === local);
      if (shown.length > 0) return Math.min(...shown);
      return firstWith(offset, after, local - Math.max(before, after), local - Math.min(before, after));
    },
  };
}

/** The first minute in (low, high] that has this offset. */
function firstWith(offset: (instant: number) => number, wanted: number, low: number, high: number): number {
  const minute = 60_000;
  let [no, yes] = [Math.floor(low / minute), Math.ceil(high / minute)];
  while (yes - no > 1) {
    const middle = (no + yes) >> 1;
    if (offset(middle * minute) === wanted) yes = middle;
    else no = middle;
  }
  return yes * minute;
}

function offsets(name: string): (instant: number) => number {
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat("en-US", {
      timeZone: name,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
  } catch {
    return fail("E_SCHEDULE", `there is no time zone "${name}"`, { remedy: "use a name such as Europe/Berlin or UTC" });
  }
  return (instant) => {
    const whole = Math.floor(instant / 1000) * 1000;
    const [month, date, year, hour, minute, second] = (format.format(whole).match(/\d+/g) ?? []).map(Number);
    return Date.UTC(year!, month! - 1, date!, hour!, minute!, second!) - whole;
  };
}
