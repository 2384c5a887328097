const whole = /^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|U?INT(8|16|32|64|128)|SHORT|LONG|INT[1248]|SIGNED)$/i;
const decimal = /^(?:DECIMAL|NUMERIC|DEC)\s*(?:\(\s*\d+\s*(?:,\s*(\d+)\s*)?\))?$/i;

const ofTimes: Readonly<Record<string, number>> = {
  TIMESTAMP_S: 0,
  TIMESTAMP_MS: 3,
  TIMESTAMP_US: 6,
  TIMESTAMP_NS: 9,
  TIMESTAMP: 6,
  DATETIME: 6,
  TIMESTAMPTZ: 6,
  "TIMESTAMP WITH TIME ZONE": 6,
  TIME: 6,
};

export const isWhole = (type: string) => whole.test(type.trim());
export const isDecimal = (type: string) => decimal.test(type.trim());
export const isDate = (type: string) => /^DATE$/i.test(type.trim());
export const isTime = (type: string) => /^TIME$/i.test(type.trim());
/** An instant without an offset. */
export const isLocal = (type: string) => /^(TIMESTAMP(_S|_MS|_US|_NS)?|DATETIME)$/i.test(type.trim());
/** An instant with one. */
export const isZoned = (type: string) => /^(TIMESTAMPTZ|TIMESTAMP WITH TIME ZONE)$/i.test(type.trim());

/** How many digits after the point the values of a type have at most; undefined where that is not a matter of digits. */
export function fractionDigits(type: string): number | undefined {
  const name = type.trim();
  if (isWhole(name)) return 0;
  if (!isDecimal(name)) return ofTimes[name.toUpperCase()];
  // DECIMAL alone is DECIMAL(18, 3).
  return name.includes("(") ? Number(decimal.exec(name)![1] ?? 0) : 3;
}

/** What a text with more digits than so many matches, for JavaScript and for DuckDB; zeros at its end are none. */
export const moreDigits = (digits: number) => `[.][0-9]{${digits}}[0-9]*[1-9]`;
