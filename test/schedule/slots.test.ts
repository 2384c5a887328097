import { Cron as Croner } from "croner";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseCron } from "../../src/schedule/cron.ts";
import { nextSlot, slotsBetween } from "../../src/schedule/slots.ts";
import { timeZone } from "../../src/schedule/zone.ts";

const minute = 60_000;
const day = 86_400_000;
const seeds = Number(process.env["STEPBOOK_SLOT_SEEDS"] ?? 2_500);

const zones = [
  "America/New_York",
  "Europe/London",
  "Europe/Berlin",
  "Australia/Lord_Howe",
  "America/Havana",
  "Pacific/Chatham",
  "America/Sao_Paulo",
  "Pacific/Auckland",
  "Asia/Tokyo",
  "America/Chicago",
  "UTC",
];

/** Wall clock of each minute of a UTC day, as Intl writes it in Swedish: another way than the one under test. */
const clocks = new Map<string, number[]>();
const formats = new Map(
  zones.map((zone) => [
    zone,
    new Intl.DateTimeFormat("sv-SE", {
      timeZone: zone,
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
    }),
  ]),
);
function clock(zone: string, instant: number): number {
  const date = Math.floor(instant / day);
  const name = `${zone} ${date}`;
  let shown = clocks.get(name);
  if (!shown)
    clocks.set(name, (shown = Array.from({ length: 1440 }, (_, at) => asNumber(formats.get(zone)!.format(date * day + at * minute)))));
  return shown[Math.round((instant % day) / minute)]!;
}

/** Whether a number is in a field, part by part as the text says. */
function inField(field: string, value: number, low: number): boolean {
  return field.split(",").some((part) => {
    const [range, step] = part.split("/") as [string, string | undefined];
    if (range === "*") return (value - low) % Number(step ?? 1) === 0;
    const [from, to] = range.split("-").map(Number) as [number, number | undefined];
    return to === undefined ? value === from : value >= from && value <= to && (value - from) % Number(step ?? 1) === 0;
  });
}

/** Each field's answers for each number, so that the walk is quick. */
function matcher(expression: string): (local: number) => boolean {
  const fields = expression.split(" ");
  const answers = [60, 24, 32, 13, 7].map((count, at) =>
    Array.from({ length: count }, (_, value) => inField(fields[at]!, value, at === 2 || at === 3 ? 1 : 0)),
  );
  const either = !fields[2]!.startsWith("*") && !fields[4]!.startsWith("*");
  return (local) => {
    const at = new Date(local);
    const [min, hour, date, month, weekday] = [
      at.getUTCMinutes(),
      at.getUTCHours(),
      at.getUTCDate(),
      at.getUTCMonth() + 1,
      at.getUTCDay(),
    ].map((value, field) => answers[field]![value]!);
    return min! && hour! && month! && (either ? date! || weekday! : date! && weekday!);
  };
}

/** Minute by minute: a clock time counts when it is shown first; what the clock jumps over counts at the jump. */
function oracle(expression: string, zone: string, after: number, until: number): number[] {
  const matches = matcher(expression);
  const slots: number[] = [];
  const start = after - 4 * 60 * minute;
  let before = clock(zone, start);
  let latest = before;
  for (let at = start + minute; at <= until; at += minute) {
    const now = clock(zone, at);
    let due = false;
    for (let skipped = before + minute; skipped < now; skipped += minute) due ||= skipped > latest && matches(skipped);
    if (now > latest) due ||= matches(now);
    latest = Math.max(latest, now);
    if (due && at > after) slots.push(at);
    before = now;
  }
  return slots;
}

const asNumber = (shown: string) => Date.parse(`${shown.replace(" ", "T")}:00Z`);

/** Days on which a zone's clock jumps, found by looking at each noon. */
function jumps(zone: string): number[] {
  const found: number[] = [];
  const offset = (instant: number) => asNumber(formats.get(zone)!.format(instant)) - instant;
  for (let at = Date.UTC(2015, 0, 1, 12); at < Date.UTC(2027, 0, 1); at += day) if (offset(at) !== offset(at + day)) found.push(at);
  return found;
}

const allJumps = new Map(zones.map((zone) => [zone, jumps(zone)]));

const list = (low: number, high: number) =>
  fc.oneof(
    fc.constant("*"),
    fc.integer({ min: low, max: high }).map(String),
    fc.integer({ min: 2, max: Math.max(3, (high - low) >> 1) }).map((step) => `*/${step}`),
    fc
      .tuple(fc.integer({ min: low, max: high }), fc.integer({ min: low, max: high }))
      .map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`),
    fc
      .array(fc.integer({ min: low, max: high }), { minLength: 2, maxLength: 4 })
      .map((all) => [...new Set(all)].sort((a, b) => a - b).join(",")),
  );
// Hours at which clocks jump are drawn more often than the others.
const expressions = fc
  .tuple(
    list(0, 59),
    fc.oneof(list(0, 23), fc.constantFrom("0", "1", "2", "3", "0-3", "2,3")),
    fc.oneof({ weight: 3, arbitrary: fc.constant("*") }, { weight: 1, arbitrary: list(1, 28) }),
    fc.constant("*"),
    fc.oneof({ weight: 3, arbitrary: fc.constant("*") }, { weight: 1, arbitrary: list(0, 6) }),
  )
  .map((fields) => fields.join(" "));

const windows = fc
  .tuple(fc.constantFrom(...zones), fc.nat(), fc.boolean(), fc.integer({ min: 0, max: 1440 }), fc.integer({ min: 0, max: 1440 }))
  .map(([zone, nth, jump, before, length]) => {
    const all = allJumps.get(zone)!;
    const middle = jump && all.length > 0 ? all[nth % all.length]! : Date.UTC(2024, 0, 1 + (nth % 20) * 18);
    const after = middle - before * minute;
    return { zone, after, until: after + length * minute };
  });

describe("slots", () => {
  test(`are what a walk minute by minute over 11 zones finds (${seeds} seeds)`, { timeout: 1_200_000 }, () => {
    fc.assert(
      fc.property(expressions, windows, (expression, { zone, after, until }) => {
        const found = slotsBetween(parseCron(expression), timeZone(zone), after, until);
        expect(found, `${expression} in ${zone} from ${new Date(after).toISOString()} to ${new Date(until).toISOString()}`).toEqual(
          oracle(expression, zone, after, until),
        );
      }),
      { numRuns: seeds },
    );
  });

  test("of two windows side by side are those of both", () => {
    fc.assert(
      fc.property(expressions, windows, fc.double({ min: 0, max: 1, noNaN: true }), (expression, { zone, after, until }, share) => {
        const [cron, where] = [parseCron(expression), timeZone(zone)];
        const middle = after + Math.round(((until - after) * share) / 1000) * 1000;
        expect([...slotsBetween(cron, where, after, middle), ...slotsBetween(cron, where, middle, until)]).toEqual(
          slotsBetween(cron, where, after, until),
        );
      }),
      { numRuns: 300 },
    );
  });

  test("agree with croner where no clock jumps", () => {
    fc.assert(
      fc.property(expressions, fc.constantFrom(...zones), fc.integer({ min: 0, max: 40 }), (expression, zone, start) => {
        // Of a day like */2 beside a weekday croner takes either, as POSIX has it; vixie's cron, as we do, both.
        const [, , date, , weekday] = expression.split(" ");
        fc.pre(date === "*" || weekday === "*");
        const after = Date.UTC(2025, 0, 5 + start);
        const until = after + 2 * day;
        const croner = new Croner(expression, { timezone: zone, mode: "5-part" });
        const theirs: number[] = [];
        for (let at = croner.nextRun(new Date(after)); at && at.getTime() <= until; at = croner.nextRun(at)) theirs.push(at.getTime());
        expect(slotsBetween(parseCron(expression), timeZone(zone), after, until), `${expression} in ${zone}`).toEqual(theirs);
      }),
      { numRuns: 60 },
    );
  });

  test.each([
    ["a gap: the first instant after it", "30 2 * * *", "America/New_York", "2026-03-08T05:00:00Z", ["2026-03-08T07:00:00.000Z"]],
    ["a fold: the first of the two", "30 1 * * *", "America/New_York", "2026-11-01T04:00:00Z", ["2026-11-01T05:30:00.000Z"]],
    ["midnight that is not there", "@daily", "America/Havana", "2026-03-08T00:00:00Z", ["2026-03-08T05:00:00.000Z"]],
    ["half an hour", "15 2 * * *", "Australia/Lord_Howe", "2026-10-03T10:00:00Z", ["2026-10-03T15:30:00.000Z"]],
  ])("%s", (_, expression, zone, after, expected) => {
    const from = Date.parse(after);
    expect(
      slotsBetween(parseCron(expression), timeZone(zone), from, from + 20 * 3_600_000).map((at) => new Date(at).toISOString()),
    ).toEqual(expected);
  });

  test("a leap day comes, if late", () => {
    expect(new Date(nextSlot(parseCron("0 0 29 2 *"), timeZone("UTC"), Date.UTC(2025, 0, 1))!).toISOString()).toBe(
      "2028-02-29T00:00:00.000Z",
    );
  });

  test.each([
    "",
    "* * * *",
    "60 * * * *",
    "* * 0 * *",
    "5-1 * * * *",
    "*/0 * * * *",
    "* * 31 2 *",
    "a * * * *",
    "* * * * * *",
    "1-*/2 * * * *",
  ])("%j is refused", (text) => {
    expect(() => parseCron(text)).toThrow(expect.objectContaining({ failure: expect.objectContaining({ code: "E_SCHEDULE" }) }) as Error);
  });
});
