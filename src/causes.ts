/** How many of those that an error gathers are told, and how deep causes are followed. */
const most = 5;

/** An error's name and message; of one that says nothing, its code. */
export function sayError({ name, message, code }: Error & { readonly code?: unknown }): string {
  if (message !== "") return `${name}: ${message}`;
  return typeof code === "string" ? `${name} (${code})` : name;
}

/**
 * What lies behind an error, in lines: `fetch failed` says nothing without its cause.
 * @param within those that it lies behind itself
 */
export function sayBehind(error: Error, within: readonly Error[] = []): string[] {
  if (within.includes(error) || within.length === most) return [];
  const { gathered, cause } = behind(error);
  const said = (thrown: unknown) =>
    thrown instanceof Error ? [sayError(thrown), ...sayBehind(thrown, [...within, error])] : [showThrown(thrown)];
  const parts = gathered.slice(0, most).flatMap((part) => said(part).map((line, index) => (index === 0 ? "- " : "  ") + line));
  const [first, ...more] = cause === undefined ? [] : said(cause);
  return [
    ...parts,
    ...(gathered.length > most ? [`- … ${gathered.length - most} more`] : []),
    ...(first === undefined ? [] : [`caused by ${first}`, ...more]),
  ];
}

/** The error and those behind it, nearest first. */
export function withThoseBehind(error: Error): Error[] {
  const all = new Set<unknown>([error]);
  for (const each of all) {
    if (!(each instanceof Error)) continue;
    const { gathered, cause } = behind(each);
    for (const further of [...gathered.slice(0, most), cause]) if (all.size < most * most) all.add(further);
  }
  return [...all].filter((each) => each instanceof Error);
}

/** Its cause, and what an AggregateError or a SuppressedError gathers. */
function behind(error: Error): { readonly gathered: readonly unknown[]; readonly cause: unknown } {
  const { name, cause, errors, error: later, suppressed } = error as Error & { errors?: unknown; error?: unknown; suppressed?: unknown };
  if (name === "SuppressedError") return { gathered: [later, suppressed], cause };
  // Validators call findings so, which their message tells.
  const gathers = Array.isArray(errors) && (name === "AggregateError" || errors.some((each) => each instanceof Error));
  return { gathered: gathers ? errors : [], cause };
}

/** Something that was thrown and is not an error. */
export function showThrown(thrown: unknown): string {
  if (typeof thrown !== "object") return String(thrown);
  try {
    return JSON.stringify(thrown);
  } catch {
    return "an object";
  }
}
