/** `312 ms`, `4.1 s`, `41 s`, `2 min 3 s`, `1 h 20 min`. */
export function formatDuration(ms: number): string {
  if (!Number.isFinite(ms)) return "?";
  const whole = Math.max(0, Math.round(ms));
  if (whole < 1000) return `${whole} ms`;
  if (whole < 9950) return `${(whole / 1000).toFixed(1)} s`;
  return formatElapsed(whole);
}

/** A duration that is still growing: whole seconds, so that it does not flicker. */
export function formatElapsed(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 100) return `${seconds} s`;
  if (seconds < 3600) return pair(seconds, 60, "min", "s");
  const minutes = Math.round(seconds / 60);
  if (minutes < 24 * 60) return pair(minutes, 60, "h", "min");
  return pair(Math.round(minutes / 60), 24, "d", "h");
}

function pair(small: number, size: number, large: string, rest: string): string {
  const over = small % size;
  return over === 0 ? `${small / size} ${large}` : `${Math.floor(small / size)} ${large} ${over} ${rest}`;
}

/** `512 B`, `1.4 kB`, `23 MB`: powers of 1000, as disks and `gc --size` count. */
export function formatBytes(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit > 0 && value < 9.95 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

/** `1,204`. */
export function formatCount(count: number | bigint): string {
  // Not by Intl, whose data takes longer to load than all else that is printed.
  return String(count).replace(/\B(?=(?:\d{3})+$)/g, ",");
}

/** `1 step`, `8 steps`, `2 retries`. */
export function countOf(count: number, word: string): string {
  return `${formatCount(count)} ${count === 1 ? word : `${word.replace(/y$/, "ie")}s`}`;
}

/** A number for the eye: whole ones as they are, others to four digits, and never less than a digit after the point. */
export function formatNumber(value: number | bigint): string {
  if (typeof value === "bigint" || Number.isInteger(value) || !Number.isFinite(value)) return String(value);
  const whole = Math.abs(value) < 1 ? 0 : Math.floor(Math.log10(Math.abs(value))) + 1;
  return String(Number(value.toPrecision(Math.min(100, Math.max(4, whole + 1)))));
}

/** `2026-08-01 14:03` in local time. */
export function formatDate(date: Date | string): string {
  const at = new Date(date);
  if (Number.isNaN(at.getTime())) return "?";
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}`;
}

/** `2026-08-01 14:03 +02:00`: local time that names its zone, for a reader who may be elsewhere. */
export function formatInstant(date: Date | string, seconds = false): string {
  const at = new Date(date);
  if (Number.isNaN(at.getTime())) return "?";
  return `${formatDate(at)}${seconds ? `:${two(at.getSeconds())}` : ""} ${zoneOf(at)}`;
}

function zoneOf(at: Date): string {
  const minutes = Math.abs(at.getTimezoneOffset());
  if (minutes === 0) return "UTC";
  return `${at.getTimezoneOffset() < 0 ? "+" : "-"}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

/** `14:03:22` in local time. */
export function formatTime(date: Date | string): string {
  const at = new Date(date);
  return Number.isNaN(at.getTime()) ? "?" : [at.getHours(), at.getMinutes(), at.getSeconds()].map(two).join(":");
}

function two(part: number): string {
  return String(part).padStart(2, "0");
}
