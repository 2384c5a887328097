import { readMoment } from "../dates.ts";
import { fail } from "../errors.ts";
import type { Schedule } from "./define.ts";

const day = 86_400_000;

/** What a backfill is of: slots from the first instant to the last, in ms. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

/**
 * The range that two texts name: days of the schedule's time zone, from the beginning of the first to the end of the last,
 * or times, which are of that zone where they name none.
 * @throws E_USAGE
 */
export function readRange({ zone }: Pick<Schedule, "zone">, from: unknown, to: unknown): Range {
  const instant = (name: string, text: unknown, ends: number): number => {
    if (text === undefined) fail("E_USAGE", `${name} is missing`, { remedy: `give the first day and the last: ${name}=2026-01-31` });
    const {
      local,
      timed,
      instant: at,
    } = readMoment(text) ??
    fail("E_USAGE", `${name} "${String(text)}" is not a date`, { remedy: "write it as 2026-01-31 or 2026-01-31T06:00:00Z" });
    return at ?? (timed ? zone.instant(local) : zone.instant(local + ends) - Math.sign(ends));
  };
  const range = { from: instant("from", from, 0), to: instant("to", to, day) };
  if (range.from > range.to)
    fail("E_USAGE", `from "${String(from)}" is after to "${String(to)}"`, { remedy: "give the first day, then the last" });
  return range;
}
