/** A piece of SQL text: where it starts and ends, and what it is. */
export interface Token {
  readonly kind: "string" | "identifier" | "comment" | "word" | "symbol";
  readonly start: number;
  readonly end: number;
  /** Strings and quoted identifiers without quotes; words in upper case. */
  readonly text: string;
}

/** Made where SQL is read: its sets of letters are slow to load. */
const makePattern = () =>
  new RegExp(
    [
      /(?<comment>--[^\n]*|\/\*[\s\S]*?(?:\*\/|$))/,
      /(?<string>[eE]'(?:[^'\\]|\\[\s\S]|'')*'?|'(?:[^']|'')*'?)/,
      /(?<dollar>\$(?<tag>[A-Za-z_]\w*)?\$[\s\S]*?(?:\$\k<tag>\$|$))/,
      /(?<identifier>"(?:[^"]|"")*"?)/,
      /(?<word>[\p{L}_][\p{L}\p{N}_$]*)/u,
      /(?<symbol>\$?[\d.]+|[^\s])/,
    ]
      .map((each) => each.source)
      .join("|"),
    "gu",
  );
let pattern: RegExp | undefined;

/** SQL as tokens, so that quotes and comments are not mistaken for code. White space is left out. */
export function tokens(sql: string): Token[] {
  return [...sql.matchAll((pattern ??= makePattern()))].map((match) => {
    const { comment, string, dollar, tag, identifier, word } = match.groups!;
    const at = { start: match.index, end: match.index + match[0].length };
    if (comment !== undefined) return { ...at, kind: "comment", text: comment };
    if (string !== undefined) return { ...at, kind: "string", text: unquote(string.replace(/^[eE]/, ""), "'") };
    if (dollar !== undefined) return { ...at, kind: "string", text: dollar.slice(2 + (tag ?? "").length, -2 - (tag ?? "").length) };
    if (identifier !== undefined) return { ...at, kind: "identifier", text: unquote(identifier, '"') };
    if (word !== undefined) return { ...at, kind: "word", text: word.toUpperCase() };
    return { ...at, kind: "symbol", text: match[0] };
  });
}

function unquote(text: string, quote: string): string {
  return text.slice(1, text.endsWith(quote) && text.length > 1 ? -1 : undefined).replaceAll(quote + quote, quote);
}

/** The statements of a text, without the semicolons between them; blank ones are left out. */
export function statements(sql: string): string[] {
  const found: string[] = [];
  let start = 0;
  let code = false;
  const close = (end: number) => {
    if (code) found.push(sql.slice(start, end));
    code = false;
  };
  for (const token of tokens(sql)) {
    if (token.kind === "symbol" && token.text === ";") {
      close(token.start);
      start = token.end;
    } else if (token.kind !== "comment") code = true;
  }
  close(sql.length);
  return found;
}

/**
 * What a statement is: one that gives rows and may be wrapped in `FROM (…)`, one that takes bound parameters
 * but is not a query, or any other, into which values go as literals.
 */
type StatementKind = "query" | "data" | "other";

const queries = new Set(["SELECT", "FROM", "VALUES", "TABLE", "PIVOT", "UNPIVOT", "DESCRIBE", "DESC", "SHOW", "SUMMARIZE", "WITH"]);
const changes = new Set(["INSERT", "UPDATE", "DELETE", "MERGE"]);

export function statementKind(sql: string): StatementKind {
  const code = tokens(sql).filter((token) => token.kind !== "comment");
  const first = code.find((token) => token.text !== "(");
  if (!first) return "other";
  if (first.kind !== "word") return "other";
  if (changes.has(first.text) || first.text === "EXPLAIN") return "data";
  if (!queries.has(first.text)) return "other";
  return first.text === "WITH" && changesAtTop(code) ? "data" : "query";
}

function changesAtTop(code: readonly Token[]): boolean {
  let depth = 0;
  for (const token of code) {
    if (token.text === "(" && token.kind === "symbol") depth++;
    else if (token.text === ")" && token.kind === "symbol") depth--;
    else if (depth === 0 && token.kind === "word" && changes.has(token.text)) return true;
  }
  return false;
}
