import { formatInstant, formatNumber } from "../../report/format.ts";

/** As a recorded instant is written. */
const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/;

/** A cell of the results for the eye, an instant to the second: the whole of it is in the files. */
export function shownCell(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "string" && instant.test(value)) return formatInstant(value, true);
  return typeof value === "number" ? formatNumber(value) : String(value);
}
