import { fail } from "../errors.ts";
import { quoteFile } from "../sql-quote.ts";
import { literal, toParam, typeText, type Param } from "./bind.ts";
import { statementKind, statements, type Token, tokens } from "./sqltext.ts";
import { tableInfo } from "../store/brand.ts";

/** A piece of a query: written as it is, a value, a subquery, or pieces in a row. */
export type Piece =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "param"; readonly param: Param }
  | { readonly kind: "query"; readonly pieces: readonly Piece[] }
  | { readonly kind: "row"; readonly pieces: readonly (readonly Piece[])[]; readonly between: string };

const piecesKey = Symbol.for("stepbook.sql");

/** What may be interpolated as SQL and not as a value: queries and what `sql.id`, `sql.join` and `sql.raw` give. */
export interface SqlPart {
  readonly [piecesKey]: readonly Piece[];
}

export function sqlPart(pieces: readonly Piece[]): SqlPart {
  return Object.freeze({ [piecesKey]: pieces });
}

export { piecesKey };

/** The template's text and values as pieces. @throws E_SQL for a value that SQL cannot take, and for a backslash that a template takes away */
export function toPieces(strings: readonly string[] & { readonly raw?: readonly string[] }, values: readonly unknown[]): Piece[] {
  strings.raw?.forEach(refuseLostBackslash);
  return strings.flatMap((text, index): Piece[] => {
    const piece: Piece = { kind: "text", text };
    return index < values.length ? [piece, ...toPiece(values[index], `value ${index + 1}`, text)] : [piece];
  });
}

/** `'\d+'` in a template is `'d+'`, and `'\2'` makes its whole piece undefined: what was meant is a backslash. */
function refuseLostBackslash(raw: string): void {
  for (const { 0: escape, 1: letter, index } of raw.matchAll(/\\([\s\S])/g)) {
    if (/[\\`${'"nrt\n\r]/.test(letter!) || /^\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|u\{[0-9a-fA-F]+\})/.test(raw.slice(index, index + 12)))
      continue;
    fail("E_SQL", `the SQL has ${escape}, of which a template makes another text`, {
      remedy: `write \\${escape}, or give the text as a value: \${String.raw\`${escape}\`}`,
    });
  }
}

/** After these a query stands, or a name: a table is put there as a query of all that it has. */
const beforeQuery = /\b(?:summarize|describe|desc|show|copy|as|in|exists|any|all|union|except|intersect|by\s+name)\s*$/i;

function toPiece(value: unknown, where: string, before: string): readonly Piece[] {
  const part = sqlPieces(value);
  if (part) return part.query ? [{ kind: "query", pieces: part.pieces }] : part.pieces;
  const table = tableInfo(value);
  if (table) return [{ kind: "text", text: beforeQuery.test(before) ? `(FROM ${scan(table.file)})` : scan(table.file) }];
  if (Array.isArray(value) && value.length > 0 && value.every((item) => sqlPieces(item)?.query === false)) {
    return [{ kind: "row", pieces: value.map((item) => sqlPieces(item)!.pieces), between: ", " }];
  }
  return [{ kind: "param", param: toParam(value, where) }];
}

/** The pieces of a query or of another part of SQL; undefined for anything else. */
export function sqlPieces(value: unknown): { pieces: readonly Piece[]; query: boolean } | undefined {
  if (typeof value !== "object" || value === null || !(piecesKey in value)) return undefined;
  return { pieces: (value as SqlPart)[piecesKey], query: typeof (value as { then?: unknown }).then === "function" };
}

/** How a table is read. A `key=value` in the path would otherwise add a column. */
export function scan(file: string): string {
  return `read_parquet(${quoteFile(file)}${file.includes("=") ? ", hive_partitioning = false" : ""})`;
}

/** SQL as it is run: its text, and the values of `$1`, `$2`, …; none where they are written into the text. */
export interface Rendered {
  readonly text: string;
  readonly params: readonly Param[];
}

/** A query as one text. Values are bound where the statement takes parameters, else written exactly. */
export function render(pieces: readonly Piece[]): Rendered {
  const params: Param[] = [];
  const places = new Map<string, number>();
  const text = write(pieces, (param) => {
    // Equal values share a number, so that an expression in SELECT equals itself in GROUP BY.
    const key = typeof param.value === "object" ? undefined : `${typeText(param.type)} ${literal(param)}`;
    const known = key === undefined ? undefined : places.get(key);
    if (known !== undefined) return `$${known}`;
    params.push(param);
    if (key !== undefined) places.set(key, params.length);
    return `$${params.length}`;
  });
  const all = statements(text);
  if (params.length === 0) return { text, params };
  if (all.length === 1 && statementKind(text) !== "other") {
    refuseQuoted(text, pieces);
    return { text, params };
  }
  return { text: write(pieces, literal), params: [] };
}

/** In `'${name}'` a value would be the text `$1`. @throws E_SQL */
function refuseQuoted(text: string, pieces: readonly Piece[]): void {
  const isQuoted = ({ kind }: Token) => kind !== "word" && kind !== "symbol";
  if (!tokens(text).some((token) => isQuoted(token) && /\$\d/.test(token.text))) return;
  // Whether it is a value's, or the user's own.
  const found = tokens(write(pieces, () => mark)).find((token) => isQuoted(token) && token.text.includes(mark));
  if (!found) return;
  const where = found.kind === "comment" ? "a comment" : "quotes";
  fail("E_SQL", `the SQL has a value inside ${where}, where nothing is put in: ${found.text.replaceAll(mark, "${…}").slice(0, 80)}`, {
    remedy: "leave the quotes out, and make a longer text in JavaScript: ${`data/${name}.csv`}",
  });
}

/** Stands in no text. */
const mark = "\u{fdd0}";

/** A query as one text with its values written into it. */
export function renderLiterally(pieces: readonly Piece[]): string {
  return write(pieces, literal);
}

function write(pieces: readonly Piece[], value: (param: Param) => string): string {
  return pieces
    .map((piece) => {
      switch (piece.kind) {
        case "text":
          return piece.text;
        case "param":
          return value(piece.param);
        case "row":
          return piece.pieces.map((each) => write(each, value)).join(piece.between);
        case "query":
          return `(${closed(write(piece.pieces, value))})`;
      }
    })
    .join("");
}

/** The text of one statement so that something may follow it: no semicolon, no open comment. */
export function closed(text: string): string {
  const all = tokens(text);
  const code = all.filter((token) => token.kind !== "comment");
  let end = code.length;
  while (end > 0 && code[end - 1]!.text === ";" && code[end - 1]!.kind === "symbol") end--;
  const cut = end < code.length ? text.slice(0, code[end]!.start) : text;
  const last = all.findLast((token) => token.start < cut.length);
  return last?.text.startsWith("--") && last.kind === "comment" ? `${cut}\n` : cut;
}
