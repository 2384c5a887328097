/** States by which Postgres refuses what is sent, and will again: bad values, broken constraints, types that do not fit. */
const refusing = /^(?:21|22|23|54|42804|42P10|42846|42701|42611|2BP01|42P16|P0001|SB)/;

/** Thrown by the mirror itself for what it cannot send as it is. */
export class Unsendable extends Error {
  readonly code = "SB001";
}

/** Whether it is the row's fault; else it is the line's, the server's or the configuration's, and waiting may help. */
export function isRefusal(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return typeof code === "string" && refusing.test(code);
}

/** Whether somebody else holds what is needed, and has for longer than one waits. */
export function isHeld(error: unknown): boolean {
  return (error as { code?: unknown }).code === "55P03";
}

/** The error in one line, with the state that Postgres gave it. */
export function explain(error: unknown): string {
  const { message, code, detail, errors } = error as Error & { code?: string; detail?: string; errors?: Error[] };
  const text = message || errors?.map((each) => each.message).join("; ") || String(error);
  return [text, detail, /^[0-9A-Z]{5}$/.test(code ?? "") && code !== "SB001" ? `(${code})` : undefined]
    .filter(Boolean)
    .join(" ")
    .replace(/\s+/g, " ");
}
