import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { splitSource } from "../../src/serve/data/source.ts";
import { html } from "../../src/serve/html.ts";
import { plainHtml } from "../../src/serve/part/plain-html.ts";
import { prose } from "../../src/serve/part/prose.ts";
import { openLocked, TableReader } from "../../src/serve/table-reader.ts";

test("what is put into HTML is escaped, but HTML", () => {
  expect(html`<a title="${`"'<&>`}">${html`<b>${"<i>"}</b>`}${[1, null, false, "x"]}</a>`.text).toBe(
    '<a title="&#34;&#39;&#60;&#38;&#62;"><b>&#60;i&#62;</b>1x</a>',
  );
});

test("Markdown: no HTML, no images, links to the web only", () => {
  const made = prose(
    '# T\n<script>x</script> [a](javascript:x) [b](https://example.org) ![c](https://example.org/c.png) <a href="x" onclick="y">\n\n| a |\n| --: |\n| 1 |',
  ).text;
  expect(made).not.toMatch(/<script|<img|javascript:x"|<a href="x"| style=/);
  expect(made).toContain('<a href="https://example.org" rel="noopener noreferrer">');
  expect(made).toContain('class="align-right"');
});

test("HTML stands in the page only where it can do nothing", () => {
  for (const safe of ["<table><tr><td>1</td></tr></table>", "a &lt; b<br>", "<p><b>x</b></p>"]) expect(plainHtml(safe), safe).toBe(true);
  for (const not of [
    "<p onclick=x>",
    "<script>x</script>",
    "<b>",
    "</div>",
    "<p></b></p>",
    "<img src=x>",
    "<P>",
    "<p/onclick=x>",
    "<table><tr></table></tr>",
    "<!-- <p></p> -->",
    "<",
  ])
    expect(plainHtml(not), not).toBe(false);
});

test("a step's file in its two parts", () => {
  expect(splitSource('/**\n * # T\n * Text.\n */\n\nimport "x";\n')).toEqual({ prose: "# T\nText.", code: 'import "x";', firstLine: 6 });
  expect(splitSource("// steps/10_a.ts\n/** # T */\nconst a = 1;\n")).toEqual({ prose: "# T", code: "const a = 1;", firstLine: 3 });
  expect(splitSource("// a word\nconst a = 1;\n")).toEqual({ prose: "", code: "// a word\nconst a = 1;", firstLine: 1 });
  expect(splitSource("const a = 1;\n")).toEqual({ prose: "", code: "const a = 1;", firstLine: 1 });
});

describe("stored tables", () => {
  const folder = mkdtempSync(path.join(tmpdir(), "stepbook-tables-"));

  test("DuckDB sees the store and nothing else, and stays so", async () => {
    const connection = await (await openLocked(folder)).connect();
    const escapes = [
      "SELECT * FROM read_text('/etc/passwd')",
      "SELECT * FROM read_csv('/etc/passwd')",
      `SELECT * FROM read_text('${folder}/../x')`,
      "ATTACH '/tmp/x.db'",
      "INSTALL httpfs",
      "LOAD httpfs",
      "COPY (SELECT 1) TO '/tmp/stepbook-escape.csv'",
      "SET enable_external_access = true",
      "SET allowed_directories = ['/']",
      "RESET lock_configuration",
      "SET lock_configuration = false",
      "SELECT * FROM glob('/etc/*')",
    ];
    for (const sql of escapes) await expect(connection.run(sql), sql).rejects.toThrow();
  });

  test("pages, sorting, filters and distributions of a million rows", async () => {
    const { DuckDBInstance } = await import("@duckdb/node-api");
    const writer = await (await DuckDBInstance.create(":memory:")).connect();
    const file = path.join(folder, "million.parquet");
    await writer.run(
      `COPY (SELECT range::INTEGER AS id, (range % 1000) / 10.0::DOUBLE AS "a ""b"" c", CASE WHEN range % 4 = 0 THEN NULL ELSE 'w' || (range % 3) END AS word FROM range(1000000)) TO '${file}' (FORMAT parquet)`,
    );
    const reader = new TableReader(folder);
    const schema = [
      { name: "id", type: "INTEGER" },
      { name: 'a "b" c', type: "DOUBLE" },
      { name: "word", type: "VARCHAR" },
    ];
    const ask = (change: object) =>
      reader.page(file, schema, { offset: 0, limit: 3, sort: null, descending: false, filters: new Map(), ...change });
    expect(await ask({})).toMatchObject({
      total: 1_000_000,
      rows: [
        ["0", "0.0", null],
        ["1", "0.1", "w1"],
        ["2", "0.2", "w2"],
      ],
    });
    expect((await ask({ sort: 0, descending: true })).rows[0]![0]).toBe("999999");
    expect((await ask({ offset: 999_999 })).rows).toEqual([["999999", "99.9", "w0"]]);
    const totals: [number, string, number][] = [
      [0, ">=10", 999_990],
      [0, "1..3", 3],
      [0, "=5", 1],
      [0, "x' OR 1=1 --", 0],
      [2, "null", 250_000],
      [2, "=w1", 250_000],
      [2, "W2", 250_000],
      [2, "%", 0],
    ];
    for (const [column, wish, total] of totals) expect((await ask({ filters: new Map([[column, wish]]) })).total, wish).toBe(total);
    const begin = performance.now();
    await ask({ offset: 500_000 });
    console.log(`a page of 1 M rows: ${Math.round(performance.now() - begin)} ms`);
    const [id, , word] = await reader.distributions(file, schema);
    expect(id).toMatchObject({ nulls: 0, min: "0", max: "999999", distinct: expect.any(Number), estimated: true });
    expect(id!.bins!.reduce((a, b) => a + b)).toBe(1_000_000);
    expect(word).toMatchObject({ nulls: 250_000, top: [{ value: "w0", count: 250_000 }, { value: "w1" }, { value: "w2" }] });
    reader.close();
  });

  test("what is said of a column is so: ranges that differ, values counted whole, a column that is called like ours", async () => {
    const { DuckDBInstance } = await import("@duckdb/node-api");
    const writer = await (await DuckDBInstance.create(":memory:")).connect();
    const file = path.join(folder, "said.parquet");
    await writer.run(
      `COPY (SELECT 1234567 + range AS id, 1 + range / 1e9::DOUBLE AS near, 'https://example.org/a/very/long/address/of/file/' || range AS value FROM range(40)) TO '${file}' (FORMAT parquet)`,
    );
    const reader = new TableReader(folder);
    const [id, near, value] = await reader.distributions(file, [
      { name: "id", type: "BIGINT" },
      { name: "near", type: "DOUBLE" },
      { name: "value", type: "VARCHAR" },
    ]);
    expect([id!.min, id!.max, id!.distinct, id!.estimated]).toEqual(["1234567", "1234606", 40, undefined]);
    expect(Number(near!.max)).toBeGreaterThan(Number(near!.min));
    expect(value).toMatchObject({ distinct: 40, top: [{ count: 1 }, { count: 1 }, { count: 1 }] });
    reader.close();
  });

  test("what is typed above a column of numbers is compared as it stands: fractions, numbers beyond the type, neighbours among large ones", async () => {
    const { DuckDBInstance } = await import("@duckdb/node-api");
    const writer = await (await DuckDBInstance.create(":memory:")).connect();
    const file = path.join(folder, "compared.parquet");
    await writer.run(
      `COPY (SELECT range::INTEGER AS id, range::UTINYINT AS tiny, (range / 4)::DECIMAL(5,2) AS price, 9007199254740992 + range AS large, range::DOUBLE / 2 AS half FROM range(10)) TO '${file}' (FORMAT parquet)`,
    );
    const reader = new TableReader(folder);
    const schema = [
      ["id", "INTEGER"],
      ["tiny", "UTINYINT"],
      ["price", "DECIMAL(5,2)"],
      ["large", "BIGINT"],
      ["half", "DOUBLE"],
    ].map(([name, type]) => ({ name: name!, type: type! }));
    const found = async (column: number, wish: string) =>
      (await reader.page(file, schema, { offset: 0, limit: 20, sort: null, descending: false, filters: new Map([[column, wish]]) })).total;
    const totals: [number, string, number][] = [
      [0, ">2.5", 7],
      [0, "<2.5", 3],
      [0, ">=2.5", 7],
      [0, "=2.5", 0],
      [0, "2.5", 0],
      [0, "!=2.5", 10],
      [0, "1.5..3.5", 2],
      [0, "=3", 1],
      [0, "=3.0", 1],
      [0, "<99999999999", 10],
      [0, "=1e0", 1],
      [0, "many", 0],
      [1, "<1000", 10],
      [1, ">-1", 10],
      [1, ">8.5", 1],
      [2, "=0.25", 1],
      [2, "=0.255", 0],
      [2, ">0.245", 9],
      [2, ">0.255", 8],
      [2, "<12345678", 10],
      [3, "=9007199254740993", 1],
      [3, ">9007199254740999", 2],
      [3, "<1e30", 10],
      [4, "=1.5", 1],
      [4, "1..2", 3],
    ];
    for (const [column, wish, total] of totals) expect(await found(column, wish), `${schema[column]!.name} ${wish}`).toBe(total);
    reader.close();
  });

  test("sorted by a column with equal values, the pages hold each row once, in the order of the table", async () => {
    const { DuckDBInstance } = await import("@duckdb/node-api");
    const writer = await (await DuckDBInstance.create(":memory:")).connect();
    for (const other of ["word", "File_Row_Number"]) {
      const file = path.join(folder, `equal-${other}.parquet`);
      await writer.run(
        `COPY (SELECT range AS id, range % 3 AS same, (7 * range) % 11 AS "${other}" FROM range(60000)) TO '${file}' (FORMAT parquet, ROW_GROUP_SIZE 20000)`,
      );
      const reader = new TableReader(folder);
      const schema = [
        { name: "id", type: "BIGINT" },
        { name: "same", type: "BIGINT" },
        { name: other, type: "BIGINT" },
      ];
      for (const descending of [false, true]) {
        for (const offset of [0, 10, 5_000, 19_990]) {
          const { rows } = await reader.page(file, schema, { offset, limit: 10, sort: 1, descending, filters: new Map() });
          expect(
            rows.map(([id]) => Number(id)),
            `${other} ${offset}`,
          ).toEqual(Array.from({ length: 10 }, (_, index) => 3 * (offset + index) + (descending ? 2 : 0)));
          expect(rows[0]).toHaveLength(3);
        }
      }
      reader.close();
    }
  });

  test("numbers of every size, and lists of them, have a distribution", async () => {
    const { DuckDBInstance } = await import("@duckdb/node-api");
    const writer = await (await DuckDBInstance.create(":memory:")).connect();
    const file = path.join(folder, "sizes.parquet");
    await writer.run(
      `COPY (SELECT 5000000000::BIGINT AS one, [1.5, 2.5]::DECIMAL(2,1)[] AS list, 18446744073709551615::UBIGINT - range::UBIGINT AS huge, CASE range WHEN 0 THEN -1.7e308 ELSE 1.7e308 END::DOUBLE AS wide, CASE range WHEN 0 THEN -2147483648 ELSE 2147483647 END::INTEGER AS all FROM range(2)) TO '${file}' (FORMAT parquet)`,
    );
    const reader = new TableReader(folder);
    const schema = [
      ["one", "BIGINT"],
      ["list", "DECIMAL(2,1)[]"],
      ["huge", "UBIGINT"],
      ["wide", "DOUBLE"],
      ["all", "INTEGER"],
    ].map(([name, type]) => ({ name: name!, type: type! }));
    const [one, list, huge, wide, all] = await reader.distributions(file, schema);
    expect(list!.top).toEqual([{ value: "[1.5, 2.5]", count: 2 }]);
    for (const each of [one, huge, wide, all]) expect(each!.bins!.reduce((a, b) => a + b)).toBe(2);
    for (const each of [wide, all]) expect([each!.bins![0], each!.bins!.at(-1)]).toEqual([1, 1]);
    reader.close();
  });
});
