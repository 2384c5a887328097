import { perHost, type Host } from "./host.ts";
import { type Token, tokens } from "./sqltext.ts";

const calls =
  /^(RANDOM|UUID|UUIDV4|UUIDV7|GEN_RANDOM_UUID|NOW|TODAY|GET_CURRENT_TIME|GET_CURRENT_TIMESTAMP|TRANSACTION_TIMESTAMP|CURRENT_LOCALTIME|CURRENT_LOCALTIMESTAMP)$/;
const words = /^(CURRENT_DATE|CURRENT_TIME|CURRENT_TIMESTAMP|LOCALTIME|LOCALTIMESTAMP)$/;

/** Warns, once for each, of what makes a query's result differ from run to run. */
export function warnOfVolatile(host: Host, sql: string): void {
  const told = perHost(host, "volatile", () => new Set<string>());
  for (const name of volatileNames(sql)) {
    if (name === "setseed") told.add("random()").add("sampling");
    if (told.has(name) || name === "setseed") continue;
    told.add(name);
    host.emit({ type: "warning", message: `SQL uses ${name}, so the result differs in every run; ${remedy(name)}` });
  }
}

function remedy(name: string): string {
  if (name === "sampling") return "write REPEATABLE (42) after it";
  if (name === "random()" || name.includes("uuid")) return "order by hash(id, 42), or run SELECT setseed(0.42) first";
  return "use run.logicalDate as a value";
}

function* volatileNames(sql: string): Generator<string> {
  const code = tokens(sql).filter((token) => token.kind !== "comment");
  for (const [index, { kind, text }] of code.entries()) {
    if (kind !== "word") continue;
    const called = code[index + 1]?.text === "(";
    if (called && text === "SETSEED") yield "setseed";
    if (called && (calls.test(text) || (text === "AGE" && isGivenOne(code, index + 2)))) yield `${text.toLowerCase()}()`;
    if (words.test(text) && code[index - 1]?.text !== ".") yield text.toLowerCase();
    const sampling = text === "TABLESAMPLE" || (text === "SAMPLE" && code[index - 1]?.text === "USING");
    if (sampling && !code.some(isSeed)) yield "sampling";
  }
}

/** `REPEATABLE (42)`, or the second of `(system, 42)`. */
function isSeed({ text }: Token, index: number, code: readonly Token[]): boolean {
  if (text === "REPEATABLE") return true;
  return /^(SYSTEM|BERNOULLI|RESERVOIR)$/.test(text) && code[index + 1]?.text === "," && /^[$\d]/.test(code[index + 2]?.text ?? "");
}

/** `age(t)` is that of today, `age(t, u)` is not. @param from after the parenthesis */
function isGivenOne(code: readonly Token[], from: number): boolean {
  let depth = 1;
  for (const { kind, text } of code.slice(from)) {
    if (kind !== "symbol") continue;
    if (text === "(") depth++;
    if (text === ")" && --depth === 0) return true;
    if (text === "," && depth === 1) return false;
  }
  return false;
}
