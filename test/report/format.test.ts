import { expect, it } from "vitest";
import {
  countOf,
  formatBytes,
  formatCount,
  formatDate,
  formatDuration,
  formatElapsed,
  formatInstant,
  formatNumber,
  formatTime,
} from "../../src/report/format.ts";

it.each([
  [0, "0 ms"],
  [312.4, "312 ms"],
  [999.6, "1.0 s"],
  [4130, "4.1 s"],
  [9949, "9.9 s"],
  [9950, "10 s"],
  [41_000, "41 s"],
  [99_400, "99 s"],
  [123_000, "2 min 3 s"],
  [120_000, "2 min"],
  [3_599_000, "59 min 59 s"],
  [3_600_000, "1 h"],
  [4_800_000, "1 h 20 min"],
  [93_600_000, "1 d 2 h"],
  [-5, "0 ms"],
  [Number.NaN, "?"],
])("%d ms is %s", (ms, text) => expect(formatDuration(ms)).toBe(text));

it.each([
  [200, "0 s"],
  [4400, "4 s"],
  [60_000, "60 s"],
  [123_000, "2 min 3 s"],
])("%d ms so far is %s", (ms, text) => expect(formatElapsed(ms)).toBe(text));

it.each([
  [0, "0 B"],
  [999, "999 B"],
  [1400, "1.4 kB"],
  [999_600, "1.0 MB"],
  [23_400_000, "23 MB"],
  [2e9, "2.0 GB"],
])("%d bytes are %s", (bytes, text) => expect(formatBytes(bytes)).toBe(text));

it.each([
  [0.970760233, "0.9708"],
  [0.961, "0.961"],
  [569, "569"],
  [1234567, "1234567"],
  [1e-9, "1e-9"],
  [Number.NaN, "NaN"],
  [12n, "12"],
])("%s is shown as %s", (value, text) => expect(formatNumber(value)).toBe(text));

it("counts have their word", () => {
  expect([countOf(1, "step"), countOf(1204, "row"), formatCount(12_000n)]).toEqual(["1 step", "1,204 rows", "12,000"]);
});

it("dates are local and short", () => {
  expect(formatDate(new Date(2026, 7, 1, 14, 3))).toBe("2026-08-01 14:03");
  expect(formatTime(new Date(2026, 7, 1, 4, 3, 9))).toBe("04:03:09");
  expect(formatDate("no date")).toBe("?");
});

it.each([
  ["UTC", "2026-08-01 12:03 UTC", "12:03:09 UTC"],
  ["Europe/Berlin", "2026-08-01 14:03 +02:00", "14:03:09 +02:00"],
  ["Asia/Kolkata", "2026-08-01 17:33 +05:30", "17:33:09 +05:30"],
  ["America/St_Johns", "2026-08-01 09:33 -02:30", "09:33:09 -02:30"],
])("an instant in %s is %s", (zone, text, seconds) => {
  const before = process.env["TZ"];
  process.env["TZ"] = zone;
  try {
    expect(formatInstant("2026-08-01T12:03:09.000Z")).toBe(text);
    expect(formatInstant("2026-08-01T12:03:09.000Z", true)).toContain(seconds);
  } finally {
    if (before === undefined) delete process.env["TZ"];
    else process.env["TZ"] = before;
  }
});
