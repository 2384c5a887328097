import { fail } from "./errors.ts";

/** What a text of ISO 8601 says. */
export interface Moment {
  /** The day, or the time of it, as if it were of UTC; in ms. */
  readonly local: number;
  /** It is a time, not a whole day. */
  readonly timed: boolean;
  /** In ms, of a time that says its zone. */
  readonly instant: number | null;
}

const written = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?)(Z|[+-](?:0\d|1[0-4]):[0-5]\d)?)?$/;

/** A day such as `2026-01-31`, or a time such as `2026-01-31T06:00:00Z`, with or without a zone; undefined: no calendar or clock has it. */
export function readMoment(text: unknown): Moment | undefined {
  const [, day, time, zone] = (typeof text === "string" && written.exec(text)) || [];
  const local = Date.parse(`${day}T${time ?? "00:00"}Z`);
  // JavaScript takes 31 February for 3 March.
  if (day === undefined || Number.isNaN(local) || !new Date(local).toISOString().startsWith(day)) return undefined;
  return { local, timed: time !== undefined, instant: zone === undefined ? null : Date.parse(`${day}T${time}${zone}`) };
}

/** The instant that `--logical-date` names, as ISO 8601: a day begins in UTC, a time must say its zone. @throws E_USAGE */
export function logicalInstant(text: string): string {
  const moment =
    readMoment(text) ??
    fail("E_USAGE", `--logical-date "${text}" is not a date`, { remedy: "write it as 2026-01-31 or 2026-01-31T06:00:00Z" });
  if (moment.timed && moment.instant === null)
    fail("E_USAGE", `--logical-date "${text}" does not say of which zone it is`, {
      remedy: "end it with Z for UTC, or with what the zone is ahead of it, such as +01:00",
    });
  return new Date(moment.instant ?? moment.local).toISOString();
}
