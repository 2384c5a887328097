/** The text of `-p name=text` as what that param takes, which its default tells; undefined where it is none. */
export function readParam(text: string, standard: unknown): string | number | boolean | undefined {
  if (typeof standard === "number") return readNumber(text.trim());
  if (typeof standard === "boolean") return text === "true" ? true : text === "false" ? false : undefined;
  return text;
}

function readNumber(text: string): number | undefined {
  const written = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text);
  return written && Number.isFinite(Number(text)) ? Number(text) + 0 : undefined; // -0 has the digest of 0, so it is 0
}
