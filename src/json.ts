/** A value as JSON, a bigint as the text of its digits: SQLite, Postgres and readers in other languages take that for the number. */
export function toJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, (_, each: unknown) => (typeof each === "bigint" ? each.toString() : each), indent);
}

/** The same on a line, for programs. */
export function jsonLine(value: unknown): string {
  // JSON lets these through; a terminal takes some of them for commands, some readers for ends of lines.
  return `${toJson(value).replace(/[\x7f-\x9f\u2028\u2029]/g, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`)}\n`;
}
