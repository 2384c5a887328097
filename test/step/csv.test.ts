import { gzipSync } from "node:zlib";
import { beforeEach, describe, expect, test } from "vitest";
import { csv, random, sql, type CsvOptions } from "../../src/step/api.ts";
import { failed, failureOf, makeRig, type Rig } from "./rig.ts";

let rig: Rig;
beforeEach(() => void (rig = makeRig()));

const good = Array.from({ length: 50 }, (_, index) => `${index},${index * 1.5},n${index}`);
const withRow = (row: string, at = 10) => `id,x,name\n${[...good.slice(0, at), row, ...good.slice(at)].join("\n")}\n`;

async function read(content: string | Uint8Array, options?: CsvOptions) {
  rig.file("data/t.csv", content);
  return csv("data/t.csv", options);
}

const types = async (content: string, options?: CsvOptions) => (await read(content, options)).schema.map(({ type }) => type).join(" ");
const fails = (content: string | Uint8Array, options?: CsvOptions) => failed(() => read(content, options));

describe("what it reads", () => {
  test("rows, quotes, line ends, blank lines, a byte order mark, empty fields as NULL", async () => {
    expect(await (await read('\ufeffid,t\r\n1,"a ""q"", b"\r\n\r\n2,"two\nlines"\r\n3,\r\n')).rows()).toEqual([
      { id: 1, t: 'a "q", b' },
      { id: 2, t: "two\nlines" },
      { id: 3, t: null },
    ]);
  });

  test.each(["\n", "\r\n", "\r"])("names over several lines, whatever ends the rows: %j", async (end) => {
    for (const name of ["two\nlines", "two\r\nlines", "two\rlines", 'of ""it""\n\n'])
      for (const before of ["", "\ufeff", end, `\ufeff${end}`]) {
        const text = [`${before}"${name}";b;"${name}, too"`, "1;2;3", '4;"5";6', ""].join(end);
        const value = { [name.replaceAll('""', '"')]: 1, b: 2, [`${name.replaceAll('""', '"')}, too`]: 3 };
        expect(await (await read(text)).head(1), JSON.stringify(text)).toEqual([value]);
        expect((await read(gzipSync(text))).count).toBe(2);
      }
    expect(await (await read(`\ufeff"a;b";c${end}"two\nlines";1${end}`)).rows()).toEqual([{ "a;b": "two\nlines", c: 1 }]);
    expect(rig.named("file")).toEqual(["data/t.csv"]);
    expect(await fails('"two\nlines";b\r\n1;2\r\nx;y\r\n', { columns: { b: "INTEGER" } })).toMatch(
      /^E_CSV: data\/t\.csv:4: column "b": "y" is not an INTEGER\n {2}4 \| x;y/,
    );
  });

  test.each<[string, string]>([
    ["a;b\n1;2\n", "BIGINT BIGINT"],
    ["a\tb\n1\tx\n", "BIGINT VARCHAR"],
    ["a|b\n1|x\n", "BIGINT VARCHAR"],
    ['"a,b";c;d\n1;2;3\n', "BIGINT BIGINT BIGINT"],
    ['"two\nlines";"a, b, c"\n1;2\n', "BIGINT BIGINT"],
    ['"a"\t"b"\n1\tx,y,z\n', "BIGINT VARCHAR"],
    ["only\n1\n", "BIGINT"],
  ])("finds the delimiter of %j", async (content, expected) => {
    expect(await types(content)).toBe(expected);
  });

  test("any texts, in whatever way they are written", { timeout: 60_000 }, async () => {
    const { int } = random(7);
    const pick = <T>(items: readonly T[]): T => items[int(items.length)]!;
    const parts = ["a", '"', '""', ",", ";", "\t", "|", "\n", "\r\n", "\r", " ", "é", "😀", "'", "\\", "#", "NULL", "0", "\u2028"];
    const text = () => Array.from({ length: int(6) }, () => pick(parts)).join("");
    for (let trial = 0; trial < 150; trial++) {
      const [delimiter, end, width] = [pick([",", ";", "\t", "|"]), pick(["\n", "\r\n", "\r"]), 1 + int(4)];
      const names = Array.from({ length: width }, (_, column) => `c${column}${text()}`);
      const rows = Array.from({ length: int(6) }, () => names.map(text));
      // Of one column an empty field would be a blank line.
      const field = (value: string) =>
        width === 1 || int(3) === 0 || /[",;\t|\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
      const lines = [names, ...rows].map((row) => row.map(field).join(delimiter));
      const content = pick(["", "\ufeff"]) + lines.join(end) + pick(["", end]);
      const columns = Object.fromEntries(names.map((name) => [name, "VARCHAR"]));
      const made = await read(content, { columns, ...(width === 1 || int(2) === 0 ? { delimiter } : {}) });
      const expected = rows.map((row) => Object.fromEntries(names.map((name, column) => [name, row[column] || null])));
      expect(await made.rows(), JSON.stringify(content)).toEqual(expected);
    }
  });

  test("types by every row, losing nothing", async () => {
    const rows = [
      "1,1.5,true,2024-01-01,2024-01-01T10:00:00,2024-01-01 10:00:00Z,007,99999999999999999999,1e3,x,,NaN,0.5,12",
      "2,-2,FALSE,2024-02-29,2024-01-01,2024-01-01T10:00:00+02:00,10,1,.5,1,,1,-inf,-0.0",
    ];
    const header = "int,num,truth,day,instant,zoned,padded,long,science,text,empty,nan,inf,zero";
    expect(await types(`${header}\n${rows.join("\n")}\n`)).toBe(
      "BIGINT DOUBLE BOOLEAN DATE TIMESTAMP TIMESTAMP WITH TIME ZONE VARCHAR VARCHAR DOUBLE VARCHAR VARCHAR DOUBLE DOUBLE DOUBLE",
    );
    const [first, second] = await (await csv("data/t.csv")).rows();
    expect([first!["padded"], first!["long"], second!["zoned"], first!["nan"], second!["inf"], Object.is(second!["zero"], -0)]).toEqual([
      "007",
      "99999999999999999999",
      new Date("2024-01-01T08:00:00Z"),
      NaN,
      -Infinity,
      true,
    ]);
  });

  test("a value in the last row decides as well as one in the first", async () => {
    expect(await types(`a\n${"1\n".repeat(30_000)}x\n`, { columns: { a: "VARCHAR" } })).toBe("VARCHAR");
    expect(await types(`a\n${"1\n".repeat(10)}x\n`)).toBe("VARCHAR");
    expect(await types(`a\n${"1\n".repeat(30_000)}1.5\n`)).toBe("DOUBLE");
  });

  test("given types, for some or all columns", async () => {
    expect(await types("id,day\n1,2024-01-01\n", { columns: { id: "INTEGER" } })).toBe("INTEGER DATE");
    expect(await types("id,day\n1,2024-01-01\n", { columns: { id: "VARCHAR", day: "VARCHAR" } })).toBe("VARCHAR VARCHAR");
    expect(await types("\n\nid,amount\n1,2.5\n")).toBe("BIGINT DOUBLE");
    expect(await types("\ufeff\nid,amount\n1,2.5\n")).toBe("BIGINT DOUBLE");
    expect(await types("id,x\n9007199254740993,1\nNaN,2\n")).toBe("VARCHAR BIGINT");
    expect(await types("id\n9007199254740993\n")).toBe("BIGINT");
    const names = Array.from({ length: 3000 }, (_, i) => `c${i}`);
    expect(new Set((await types(`${names.join()}\n${names.map((_, i) => (i % 2 ? "1.5" : "x")).join()}\n`)).split(" "))).toEqual(
      new Set(["VARCHAR", "DOUBLE"]),
    );
    const given = Object.fromEntries(names.map((name) => [name, "INTEGER"]));
    expect((await read(`${names.join()}\n${names.map((_, i) => i).join()}\n`, { columns: given })).count).toBe(1);
    expect(await types("p\n1.25\n", { columns: { p: "DECIMAL(10, 2)" } })).toBe("DECIMAL(10,2)");
  });

  test.each<[string, string, string, CsvOptions?]>([
    ["integers beyond 2^53 and a fraction", `${"9007199254740993\n".repeat(99)}1.5\n`, "VARCHAR"],
    ["fractions and an integer beyond 2^53", `${"1.5\n".repeat(99)}9007199254740993\n`, "VARCHAR"],
    ["days and instants", `${"2024-01-01\n".repeat(99)}2024-01-01T10:00:00\n`, "TIMESTAMP"],
    ["days and zoned instants", `${"2024-01-01\n".repeat(99)}2024-01-01T10:00:00Z\n`, "VARCHAR"],
    ["zoned instants and one without a zone", `${"2024-01-01T10:00:00Z\n".repeat(99)}2024-01-01T10:00:00\n`, "VARCHAR"],
    ["truths and a number", `${"true\n".repeat(99)}1\n`, "VARCHAR"],
    ["nanoseconds", "2024-01-01T10:00:00.123456789\n2024-01-01T10:00:00\n2024-01-01\n", "TIMESTAMP_NS"],
    ["zeros where nanoseconds would be", "2024-01-01T10:00:00.123456000\n", "TIMESTAMP"],
    ["numbers and a code that is beyond all of them", `${"1.5\n".repeat(9)}5E400\n`, "VARCHAR"],
    ["whole numbers and a code that DuckDB takes for one", `${"7\n".repeat(99)}2024_01\n`, "VARCHAR"],
    ["fractions and a code that DuckDB takes for a number", `${"1.5\n".repeat(99)}1_000\n`, "VARCHAR"],
    ["whole numbers and a hexadecimal code", `${"7\n".repeat(99)}0x1F\n`, "VARCHAR"],
    ["picoseconds", "2024-01-01T10:00:00.1234567891\n", "VARCHAR"],
    ["nanoseconds with a zone", "2024-01-01T10:00:00.123456789Z\n", "VARCHAR"],
    ["nanoseconds in years beyond them", "3024-01-01T10:00:00.123456789\n", "VARCHAR"],
  ])("found types lose nothing: %s", async (_, rows, expected) => {
    const made = await read(`a\n${rows}`);
    expect(made.schema[0]!.type).toBe(expected);
    if (expected === "VARCHAR") expect(await made.column("a")).toEqual(rows.trim().split("\n"));
  });

  test("nanoseconds are all there in SQL", async () => {
    const made = await read("t\n2024-01-01T10:00:00.123456789\n");
    expect(await sql`SELECT epoch_ns(t) % 1000 AS ns FROM ${made}`.rows()).toEqual([{ ns: 789 }]);
  });

  test("given types that hold the value in other words", async () => {
    const columns = { i: "INTEGER", p: "DECIMAL(10, 2)", d: "DATE", t: "TIMESTAMP", s: "TIMESTAMP_S" };
    expect(
      await (
        await read(
          "i,p,d,t,s\n1.0,1.2300,2024-01-01 00:00:00,2024-01-01 00:00:00.123456000,2024-01-01 00:00:01.000\n1e3,1.5e1,2024-1-1,2024-01-01,2024-01-01\n",
          { columns },
        )
      ).rows(),
    ).toMatchObject([
      { i: 1, p: 1.23, d: new Date("2024-01-01") },
      { i: 1000, p: 15, d: new Date("2024-01-01") },
    ]);
  });

  test("texts that mean NULL", async () => {
    expect(await (await read("a\n1\nNA\n?\n", { nullStrings: ["NA", "?"] })).column("a")).toEqual([1, null, null]);
  });

  test("without a header", async () => {
    expect(await (await read("1,a\n2,b\n", { header: false })).rows()).toEqual([
      { column0: 1, column1: "a" },
      { column0: 2, column1: "b" },
    ]);
    expect((await read("842302,M,17.99\n", { header: false })).count).toBe(1);
    expect((await read("nm,400.5,401\n1,2,3\n", { header: true })).schema[1]!.name).toBe("400.5");
    expect((await read("country,2023,2024\na,1,2\n")).count).toBe(1);
    expect(await (await read("1,a\n", { header: false, columns: { id: "INTEGER", name: "VARCHAR" } })).rows()).toEqual([
      { id: 1, name: "a" },
    ]);
  });

  test("a column without a name, as pandas writes its index", async () => {
    expect(await (await read(",a\n0,1\n")).rows()).toEqual([{ column0: 0, a: 1 }]);
  });

  test("other encodings where they are named, and packed files", async () => {
    expect(await (await read(Buffer.from("näme\ncafé\n", "latin1"), { encoding: "latin-1" })).rows()).toEqual([{ näme: "café" }]);
    expect(await (await read(Buffer.from("\ufeffnäme\ncafé\n", "utf16le"), { encoding: "utf-16" })).rows()).toEqual([{ näme: "café" }]);
    rig.file("data/t.csv.gz", gzipSync("a\n1\n"));
    expect(await (await csv("data/t.csv.gz")).rows()).toEqual([{ a: 1 }]);
    rig.file("data/named.csv", gzipSync("a\n1\n"));
    rig.file("data/plain.csv.gz", "a\n1\n");
    for (const name of ["named.csv", "plain.csv.gz"]) expect(await (await csv(`data/${name}`)).rows()).toEqual([{ a: 1 }]);
  });

  test("a header and no rows", async () => {
    const made = await read("a,b\n");
    expect([made.count, made.schema.map(({ name }) => name)]).toEqual([0, ["a", "b"]]);
  });

  test("names that SQL would trip over", async () => {
    expect(await (await read(`"it's","a ""b""",select,__proto__\n1,2,3,4\n`)).schema.map(({ name }) => name)).toEqual([
      "it's",
      'a "b"',
      "select",
      "__proto__",
    ]);
  });
});

describe("a bad row", () => {
  test("a text among numbers: file, line, column, value", async () => {
    rig.file("data/t.csv", withRow("oops,1,a"));
    const failure = await failureOf(() => csv("data/t.csv"));
    expect(failure).toMatchObject({
      code: "E_CSV",
      message: 'data/t.csv:12: column "id": "oops" is not a BIGINT, which 50 of its 51 values are\n  12 | oops,1,a',
      place: { file: "data/t.csv", line: 12, column: 1 },
      remedy: 'correct the value; if it means missing, { nullStrings: ["oops"] }; if the column is text, { columns: { id: "VARCHAR" } }',
    });
  });

  test.each<[string, string, CsvOptions | undefined, string]>([
    [
      "not of the given type",
      withRow("5,abc,n"),
      { columns: { x: "DOUBLE" } },
      'E_CSV: data/t.csv:12: column "x": "abc" is not a DOUBLE\n  12 | 5,abc,n; correct the value; if it means missing, { nullStrings: ["abc"] }',
    ],
    [
      "a date that is none",
      "d\n2024-01-01\n2024-02-30\n",
      { columns: { d: "DATE" } },
      'E_CSV: data/t.csv:3: column "d": "2024-02-30" is not a DATE\n  3 | 2024-02-30; correct the value; if it means missing, { nullStrings: ["2024-02-30"] }',
    ],
    [
      "a fraction in a whole column",
      "a,b\n1,1\n\n2,1.5\n",
      { columns: { b: "INTEGER" } },
      'E_CSV: data/t.csv:4: column "b": "1.5" is not an INTEGER; correct the value, or read it with { columns: { b: "DOUBLE" } }',
    ],
    [
      "a fraction with an exponent",
      "a\n1e3\n15e-1\n",
      { columns: { a: "BIGINT" } },
      'E_CSV: data/t.csv:3: column "a": "15e-1" is not a BIGINT; correct the value, or read it with { columns: { a: "DOUBLE" } }',
    ],
    [
      "more digits than a decimal has",
      "p\n1.20\n1.239\n",
      { columns: { p: "DECIMAL(10, 2)" } },
      'E_CSV: data/t.csv:3: column "p": "1.239" is more than a DECIMAL(10, 2) holds; correct the value, or read it with { columns: { p: "DECIMAL(38, 3)" } }',
    ],
    [
      "a time in a day",
      "d\n2024-01-01\n2024-01-01 10:00:00\n",
      { columns: { d: "DATE" } },
      'E_CSV: data/t.csv:3: column "d": "2024-01-01 10:00:00" is more than a DATE holds; correct the value, or read it with { columns: { d: "TIMESTAMP" } }',
    ],
    [
      "a word after a day",
      "d\n2024-01-01 or so\n",
      { columns: { d: "DATE" } },
      'E_CSV: data/t.csv:2: column "d": "2024-01-01 or so" is more than a DATE holds; correct the value, or read it with { columns: { d: "VARCHAR" } }',
    ],
    [
      "a word after one of many days",
      `d\n${"2024-01-01\n".repeat(30)}2024-01-01 or so\n`,
      undefined,
      'E_CSV: data/t.csv:32: column "d": "2024-01-01 or so" is more than a DATE holds; correct the value, or read it with { columns: { d: "VARCHAR" } }',
    ],
    [
      "an offset that would be left out",
      "t\n2024-01-01T10:00:00Z\n2024-01-01T10:00:00+02:00\n",
      { columns: { t: "TIMESTAMP" } },
      'E_CSV: data/t.csv:3: column "t": "2024-01-01T10:00:00+02:00" is more than a TIMESTAMP holds; correct the value, or read it with { columns: { t: "TIMESTAMPTZ" } }',
    ],
    [
      "no instant, which DuckDB's reader takes for NULL",
      "t\n2024-01-01T10:00:00Z\nunknown\n",
      { columns: { t: "TIMESTAMPTZ" } },
      'E_CSV: data/t.csv:3: column "t": "unknown" is not a TIMESTAMPTZ; correct the value; if it means missing, { nullStrings: ["unknown"] }, or read it with { columns: { t: "VARCHAR" } }',
    ],
    [
      "no instant among many",
      `t\n${"2024-01-01T10:00:00Z\n".repeat(30)}unknown\n`,
      undefined,
      'E_CSV: data/t.csv:32: column "t": "unknown" is not a TIMESTAMPTZ; correct the value; if it means missing, { nullStrings: ["unknown"] }, or read it with { columns: { t: "VARCHAR" } }',
    ],
    [
      "an offset of a time",
      "t\n10:00:00\n10:00:00+02:00\n",
      { columns: { t: "TIME" } },
      'E_CSV: data/t.csv:3: column "t": "10:00:00+02:00" is more than a TIME holds; correct the value, or read it with { columns: { t: "VARCHAR" } }',
    ],
    [
      "nanoseconds in microseconds",
      "t\n2024-01-01 10:00:00.1234567\n",
      { columns: { t: "TIMESTAMP" } },
      'E_CSV: data/t.csv:2: column "t": "2024-01-01 10:00:00.1234567" is more than a TIMESTAMP holds; correct the value, or read it with { columns: { t: "TIMESTAMP_NS" } }',
    ],
    [
      "too large",
      "a\n99999999999\n",
      { columns: { a: "INTEGER" } },
      'E_CSV: data/t.csv:2: column "a": "99999999999" is not an INTEGER\n  2 | 99999999999; correct the value; if it means missing, { nullStrings: ["99999999999"] }',
    ],
    [
      "too few values",
      withRow("1,2"),
      undefined,
      'E_CSV: data/t.csv:12: the row has 2 values, and the file 3 columns\n  12 | 1,2; columns are divided by ","; correct the row, or give { delimiter: … }',
    ],
    [
      "too many values",
      withRow("1,2,3,4"),
      undefined,
      'E_CSV: data/t.csv:12: the row has 4 values, and the file 3 columns\n  12 | 1,2,3,4; columns are divided by ","; correct the row, or give { delimiter: … }',
    ],
    [
      "an open quote",
      withRow('1,2,"abc'),
      undefined,
      'E_CSV: data/t.csv:12: column "name": a quote is opened and not closed before the next "," or line end\n  12 | 1,2,"abc; quotes inside quotes are doubled: "say ""yes"""',
    ],
    [
      "a row of megabytes",
      `a,b\n1,${"x".repeat(3_000_000)}\n`,
      undefined,
      `E_CSV: data/t.csv:2: the row has 3,000,002 bytes, and csv reads up to 2,000,000\n  2 | 1,${"x".repeat(118)}…; sql\`FROM read_csv('data/t.csv', max_line_size = 6000004)\` reads longer ones`,
    ],
    [
      "text after a quote",
      'a,b\n1,"x"y\n',
      undefined,
      'E_CSV: data/t.csv:2: column "b": a quote is opened and not closed before the next "," or line end\n  2 | 1,"x"y; quotes inside quotes are doubled: "say ""yes"""',
    ],
  ])("%s", async (_, content, options, message) => {
    expect(await fails(content, options)).toBe(message);
  });

  test("lines are counted as an editor does, blank ones and those in quotes too", async () => {
    expect(await fails('id,t\n1,"two\nlines"\n\n\noops,b\n', { columns: { id: "INTEGER" } })).toMatch(
      /^E_CSV: data\/t\.csv:6: column "id": "oops" is not an INTEGER\n {2}6 \| oops,b/,
    );
    expect(await fails("id,t\r\n1,a\r\n\r\noops,b\r\n", { columns: { id: "INTEGER" } })).toMatch(/^E_CSV: data\/t\.csv:4: /);
  });

  test.each(["\n", "\r\n", "\r"])("a value of one character, wherever it stands: %j", async (end) => {
    const columns = { a: "INTEGER", b: "INTEGER" };
    for (const before of ["", "\ufeff"])
      for (const [row, column] of [
        ["?;2", 1],
        ["1;?", 3],
        ['1;"?"', 3],
      ] as const)
        for (const after of ["", end, `${end}5;6${end}`]) {
          rig.file("data/t.csv", `${before}a;b${end}1;2${end}${row}${after}`);
          const { place } = await failureOf(() => csv("data/t.csv", { columns }));
          expect(place, JSON.stringify([before, row, after])).toEqual({ file: "data/t.csv", line: 3, column });
        }
  });

  test("how many there are", async () => {
    expect(await fails(`a\n${"x\n".repeat(3)}1\n`, { columns: { a: "INTEGER" } })).toMatch(/"x" is not an INTEGER; 3 values do not fit\n/);
    expect(await fails(`a\n${"x\n".repeat(3000)}1\n`, { columns: { a: "INTEGER" } })).toMatch(/1000 or more values do not fit\n/);
  });

  test("nothing is left of it", async () => {
    await fails(withRow("oops,1,a"));
    const made = await read("a\n1\n");
    expect(await made.rows()).toEqual([{ a: 1 }]);
  });
});

describe("a bad file", () => {
  test.each<[string, string | Uint8Array, CsvOptions | undefined, string]>([
    ["empty", "", undefined, "E_CSV: data/t.csv is empty: 0 bytes; it should have a header line and rows"],
    ["blank", "\n\n", undefined, "E_CSV: data/t.csv has no line with text; it should have a header line and rows"],
    [
      "Latin-1",
      Buffer.from("a,b\n1,caf\xe9\n", "latin1"),
      undefined,
      'E_CSV: data/t.csv:2: column "b": bytes that are not UTF-8\n  2 | 1,caf?; it is perhaps Latin-1: read it with { encoding: "latin-1" }, or save it as UTF-8',
    ],
    [
      "UTF-16",
      Buffer.from("\ufeffa,b\n1,2\n", "utf16le"),
      undefined,
      'E_CSV: data/t.csv is UTF-16 and not UTF-8; read it with { encoding: "utf-16" }',
    ],
    [
      "UTF-16 without a mark",
      Buffer.from("a,b\n1,2\n", "utf16le"),
      undefined,
      'E_CSV: data/t.csv is UTF-16 and not UTF-8; read it with { encoding: "utf-16" }',
    ],
    [
      "a missing column",
      "id,diagnosis\n1,M\n",
      { columns: { diagnosys: "VARCHAR" } },
      'E_CSV: data/t.csv has no column "diagnosys"; did you mean "diagnosis"?; its 2 columns are id, diagnosis',
    ],
    [
      "two columns of a name",
      "id,ID\n1,2\n",
      undefined,
      'E_CSV: data/t.csv has two columns named "id"; names are compared without regard to case; rename one',
    ],
    [
      "a type that is none",
      "a\n1\n",
      { columns: { a: "NUMBER(5)" } },
      "E_CSV: data/t.csv: columns names a type that DuckDB does not know: NUMBER; such as INTEGER, DOUBLE, VARCHAR, DATE, DECIMAL(10, 2)",
    ],
    [
      "line ends of two kinds",
      'a,b\n1,2\r\n"x",2\n3,"y"\r\n',
      undefined,
      "E_CSV: data/t.csv: lines end in different ways (\\n, \\r\\n or \\r); save the file with one kind of line end",
    ],
    [
      "a header in Latin-1",
      Buffer.from("id,gr\xf6\xdfe\n1,2\n", "latin1"),
      undefined,
      'E_CSV: data/t.csv has bytes in its first line that are not UTF-8 (gr\ufffd\ufffde); it is perhaps Latin-1: read it with { encoding: "latin-1" }, or save it as UTF-8',
    ],
    [
      "names over several lines in UTF-16",
      Buffer.from('\ufeff"a\nb",c\n1,2\n', "utf16le"),
      { encoding: "utf-16" },
      "E_CSV: data/t.csv has the name of a column over several lines, which is not read in UTF-16; save it as UTF-8",
    ],
    [
      "without a header",
      "842302,M,17.99\n842517,M,20.57\n",
      undefined,
      "E_CSV: data/t.csv has the number 17.99 where the names of its columns should be; if it has no header, read it with { header: false }; if that is a name, with { header: true }",
    ],
    [
      "a workbook",
      Buffer.from("PK\x03\x04\x14\0\x06\0\x08\0", "latin1"),
      undefined,
      "E_CSV: data/t.csv is a ZIP archive, as .xlsx files are; save its sheet as CSV, or unpack it",
    ],
    [
      "an old workbook",
      Buffer.from("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0", "latin1"),
      undefined,
      "E_CSV: data/t.csv is an old Excel file; save its sheet as CSV",
    ],
    [
      "Parquet",
      Buffer.from("PAR1\x15\0\x15\x14", "latin1"),
      undefined,
      'E_CSV: data/t.csv is a Parquet file; read it with parquet("data/t.csv")',
    ],
    [
      "zstd",
      Buffer.from("\x28\xb5\x2f\xfd\x24\0", "latin1"),
      undefined,
      "E_CSV: data/t.csv is packed with zstd; unpack it, or read it with sql`FROM read_csv('data/t.csv', compression = 'zstd')`",
    ],
    [
      "no text",
      Buffer.from("a,b\n1,\0\0\0\n", "latin1"),
      undefined,
      "E_CSV: data/t.csv is not text: it holds bytes of zero; save it as CSV in UTF-8",
    ],
  ])("%s", async (_, content, options, message) => {
    expect(await fails(content, options)).toBe(message);
  });

  test("a name that is a format's first letters is a name", async () => {
    expect(await (await read("PAR1,PK\n1,2\n")).rows()).toEqual([{ PAR1: 1, PK: 2 }]);
  });

  test.each<[string, string, string]>([
    ["missing", "data/dataste.csv", 'E_FILE: csv: data/dataste.csv is not there; in data: did you mean "dataset.csv"?'],
    ["in a missing folder", "dat/x.csv", "E_FILE: csv: dat/x.csv is not there; in dat: the folder is missing too"],
    ["a folder", "data", "E_FILE: csv: data is a folder; name a file in it: dataset.csv"],
    [
      "an address",
      "https://example.org/x.csv",
      "E_FILE: csv: https://example.org/x.csv is an address, and only files are read; fetch it in a step of its own, write it under data/, and read that",
    ],
    ["a pattern", "data/*.csv", "E_FILE: csv: data/*.csv is a pattern, and one file is read; several are read by sql`FROM 'data/*.csv'`"],
  ])("%s", async (_, name, message) => {
    rig.file("data/dataset.csv", "a\n1\n");
    expect(await failed(() => csv(name))).toBe(message);
  });

  test("a step that goes on without it depends on its absence", async () => {
    await failed(() => csv("data/later.csv"));
    expect(rig.reads).toEqual([{ kind: "exists", name: "data/later.csv" }]);
  });
});

describe("options", () => {
  const more = "; what csv does not take, sql`FROM read_csv(…)` may";
  test.each<[string, unknown, string]>([
    [
      "of another library",
      { sep: ";" },
      `E_USAGE: csv: there is no option "sep"; known: columns, header, delimiter, encoding, nullStrings${more}`,
    ],
    ["with a slip", { nullString: ["NA"] }, `E_USAGE: csv: there is no option "nullString"; did you mean "nullStrings"?${more}`],
    ["a text for a list", { nullStrings: "NA" }, 'E_USAGE: csv: nullStrings is "NA"; give a list of texts: ["NA"]'],
    ["a list for types", { columns: ["INTEGER"] }, 'E_USAGE: csv: columns is ["INTEGER"]; give column → type: { id: "INTEGER" }'],
    ["an encoding in other words", { encoding: "utf8" }, 'E_USAGE: csv: encoding is "utf8"; give "utf-8", "latin-1" or "utf-16"'],
    ["a delimiter of two characters", { delimiter: ";;" }, 'E_USAGE: csv: delimiter is ";;"; give one character, such as ";"'],
    ["a header by number", { header: 0 }, "E_USAGE: csv: header is 0; give true or false"],
  ])("%s", async (_, options, message) => {
    expect(await fails("a\n1\n", options as CsvOptions)).toBe(message);
  });

  test("undefined is as if it were not there", async () => {
    expect(await (await read("a\n1\n", { nullStrings: undefined } as CsvOptions)).rows()).toEqual([{ a: 1 }]);
  });
});
