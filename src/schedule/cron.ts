import { fail } from "../errors.ts";

/** A cron expression as the sets of what it matches. */
export interface Cron {
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  /** Whether a day, written as in the calendar, is one of its days. */
  matchesDay(month: number, day: number, weekday: number): boolean;
  /** The five fields, for those who read cron. */
  readonly fields: string;
}

const macros: Readonly<Record<string, string>> = {
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
  "@monthly": "0 0 1 * *",
  "@weekly": "0 0 * * 0",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@hourly": "0 * * * *",
};

const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const weekdays = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/**
 * Five fields (minute, hour, day, month, weekday) or a macro such as `@daily`. As in every cron, a day that is
 * restricted by both day and weekday matches by either.
 * @throws E_SCHEDULE
 */
export function parseCron(text: string): Cron {
  const fields = macros[text.trim().toLowerCase()] ?? text.trim();
  const [minute, hour, day, month, weekday, ...more] = fields.split(/\s+/);
  if (weekday === undefined || more.length > 0) {
    return fail("E_SCHEDULE", `"${text}" has not the five fields of a cron expression`, {
      remedy: "write minute hour day month weekday, such as 0 6 * * 1-5, or @daily",
    });
  }
  const days = field(text, day!, 1, 31);
  const inMonths = field(text, month!, 1, 12, months, 1);
  const inWeek = new Set(field(text, weekday, 0, 7, weekdays, 0).map((each) => each % 7));
  const [anyDay, anyWeekday] = [day!.startsWith("*"), weekday.startsWith("*")];
  const cron: Cron = {
    minutes: field(text, minute!, 0, 59),
    hours: field(text, hour!, 0, 23),
    matchesDay(month, day, weekday) {
      if (!inMonths.includes(month)) return false;
      const [byDay, byWeekday] = [days.includes(day), inWeek.has(weekday)];
      return anyDay || anyWeekday ? byDay && byWeekday : byDay || byWeekday;
    },
    fields,
  };
  if (!anyDay && anyWeekday && !inMonths.some((each) => days.some((one) => one <= longest[each]!))) {
    fail("E_SCHEDULE", `"${text}" names a day that no month has`, { remedy: "give a day that comes" });
  }
  return cron;
}

const longest = [0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function field(whole: string, text: string, low: number, high: number, names: readonly string[] = [], first = 0): number[] {
  const wrong = (): never =>
    fail("E_SCHEDULE", `"${text}" in "${whole}" is not a list of numbers from ${low} to ${high}`, {
      remedy: "such as 5, 1-5, */15 or 1,15",
    });
  const number = (word: string): number => {
    const named = names.indexOf(word.toLowerCase());
    const value = named >= 0 ? named + first : /^\d+$/.test(word) ? Number(word) : NaN;
    return value >= low && value <= high ? value : wrong();
  };
  const values = text.split(",").flatMap((part) => {
    const match = /^(\*|[^-/]+)(?:-([^-/]+))?(?:\/(\d+))?$/.exec(part);
    if (!match || (match[1] === "*" && match[2] !== undefined)) return wrong();
    const [, from, to, every] = match;
    const start = from === "*" ? low : number(from!);
    const end = to !== undefined ? number(to) : from === "*" || every !== undefined ? high : start;
    const step = every === undefined ? 1 : Number(every);
    if (end < start || step < 1) return wrong();
    return Array.from({ length: Math.floor((end - start) / step) + 1 }, (_, nth) => start + nth * step);
  });
  return [...new Set(values)].sort((a, b) => a - b);
}
