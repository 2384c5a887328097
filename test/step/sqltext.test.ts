import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { quoteIdentifier, quoteString } from "../../src/sql-quote.ts";
import { closed } from "../../src/step/render.ts";
import { statementKind, statements, tokens } from "../../src/step/sqltext.ts";

const shown = (sql: string) => tokens(sql).map(({ kind, text }) => `${kind} ${text}`);

describe("tokens", () => {
  test.each<[string, string[]]>([
    ["SELECT a FROM 'x.csv'", ["word SELECT", "word A", "word FROM", "string x.csv"]],
    ["'it''s' \"a \"\"b\"\"\" E'x\\n'", ["string it's", 'identifier a "b"', "string x\\n"]],
    ["$$a ; 'b'$$ $tag$ $$ $tag$ $1", ["string a ; 'b'", "string  $$ ", "symbol $1"]],
    ["a -- it's\n b /* ' \n */ c", ["word A", "comment -- it's", "word B", "comment /* ' \n */", "word C"]],
    [
      "f(1.5e3)::INT[]",
      ["word F", "symbol (", "symbol 1.5", "word E3", "symbol )", "symbol :", "symbol :", "word INT", "symbol [", "symbol ]"],
    ],
    ["größe", ["word GRÖSSE"]],
    ["'open", ["string open"]],
    ["/* open", ["comment /* open"]],
  ])("%s", (sql, expected) => {
    expect(shown(sql)).toEqual(expected);
  });

  test("any text is taken apart without loss", () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.array(fc.constantFrom("'", '"', "--", "/*", "*/", "$$", "$a$", ";", " ", "\n", "x"), { maxLength: 12 }),
        (text, parts) => {
          const sql = text + parts.join("");
          let at = 0;
          for (const token of tokens(sql)) {
            expect(sql.slice(at, token.start).trim()).toBe("");
            at = token.end;
          }
          expect(sql.slice(at).trim()).toBe("");
        },
      ),
    );
  });

  test("what is quoted is one token and the text again", () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(shown(quoteString(text))).toEqual([`string ${text}`]);
        expect(shown(quoteIdentifier(text))).toEqual([`identifier ${text}`]);
      }),
    );
  });
});

test("statements are divided at semicolons that are code", () => {
  expect(statements("SELECT ';' -- ;\n; ; /* ; */ SELECT $$;$$").map((text) => text.trim())).toEqual([
    "SELECT ';' -- ;",
    "/* ; */ SELECT $$;$$",
  ]);
  expect(statements("-- nothing")).toEqual([]);
});

test.each<[string, ReturnType<typeof statementKind>]>([
  ["SELECT 1", "query"],
  ["-- a\n ( FROM t )", "query"],
  ["WITH t AS (SELECT 1) SELECT * FROM t", "query"],
  ["WITH t AS (DELETE FROM x RETURNING a) SELECT * FROM t", "query"],
  ["WITH t AS (SELECT 1) INSERT INTO x FROM t", "data"],
  ["insert into x values (1)", "data"],
  ["EXPLAIN SELECT 1", "data"],
  ["CREATE TABLE t AS SELECT 1", "other"],
  ["COPY t TO 'x'", "other"],
  ["", "other"],
])("%s is %s", (sql, kind) => {
  expect(statementKind(sql)).toBe(kind);
});

test.each([
  ["SELECT 1;", "SELECT 1"],
  ["SELECT 1; ; -- end", "SELECT 1"],
  ["SELECT 1 -- end", "SELECT 1 -- end\n"],
  ["SELECT '--'", "SELECT '--'"],
])("closed(%j)", (sql, expected) => {
  expect(closed(sql)).toBe(expected);
});
