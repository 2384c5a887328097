/// <reference lib="dom" />
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { pathToFileURL } from "node:url";
import { Ajv } from "ajv";
import fc from "fast-check";
import MarkdownIt from "markdown-it";
import type { Browser, Page, Request } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { cellText } from "../../src/serve/export/table.ts";
import type { TestProject } from "../rig/project.ts";
import { close, everyState, launch } from "./rig.ts";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const wrong: string[] = [];
let project: TestProject;
let browser: Browser;
let page: Page;
let run = "";

beforeAll(async () => {
  project = everyState();
  project.edit("steps/30_broken.ts", 'console.log("parsing", rows.count);', 'console.log("parsing", rows.count, "in", process.cwd());');
  project.edit("lib/parse.ts", "onerror=alert(1)>`", "onerror=alert(1)> in ${process.cwd()}`");
  project.write(
    "steps/60_more.ts",
    'import { secret } from "stepbook";\nimport { items } from "./50_slow.ts";\nimport "./10_load.ts";\n// a word on this\nconsole.log("hushed:", secret("HUSH"));\nexport const twice: number = items * 2;\n',
  );
  const { events } = await project.run(["--keep-going", "-p", "pause=2"], { env: { HUSH: "hush-2f9c" } });
  run = (events.find((event) => event.type === "run.started") as { run: string }).run;
  expect((await project.command(["report", "-o", "report.html"])).code).toBe(0);
  browser = await launch();
  page = await opened(1280);
});
afterEach(() => expect(wrong.splice(0)).toEqual([]));
afterAll(() => close(browser, undefined, project));

/** The report as somebody opens it who has nothing but the file: no network; every error and every request is noted. */
async function opened(width: number, colorScheme: "light" | "dark" = "light", file = "report.html"): Promise<Page> {
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme, offline: true });
  const made = await context.newPage();
  made.on("pageerror", (error) => wrong.push(error.message));
  made.on("console", (message) => {
    if (message.type() === "error" && !/sandboxed|https:\/\/example\.org\/x\.png' violates/.test(message.text()))
      wrong.push(message.text());
  });
  // What the file's own policy stops never leaves the browser; anything else that is tried ends here.
  const note = (request: Request) => {
    const own = /^data:/.test(request.url()) || request.url().split("#")[0] === pathToFileURL(project.path(file)).href;
    if (!own && request.failure()?.errorText !== "csp") wrong.push(`asked ${request.url()} ${request.failure()?.errorText}`);
  };
  made.on("requestfailed", note);
  made.on("requestfinished", note);
  made.on("dialog", (dialog) => {
    wrong.push(`dialog ${dialog.message()}`);
    void dialog.dismiss();
  });
  await made.goto(pathToFileURL(project.path(file)).href);
  return made;
}

test("the same run gives the same bytes, with nothing of this machine in them", async () => {
  const told = await project.command(["report", run, "-o", "again.html", "--json"], { env: { TZ: "Asia/Tokyo", LANG: "de_DE.UTF-8" } });
  const bytes = project.read("again.html");
  expect(sha(bytes)).toBe(sha(project.read("report.html")));
  expect(JSON.parse(told.stdout)).toMatchObject({
    path: "again.html",
    bytes: Buffer.byteLength(bytes),
    run,
    contents: expect.arrayContaining(["table 10_load.rows: 200 of 5,000 rows, 4 columns"]),
  });
  for (const place of [project.folder, homedir(), "127.0.0.1", "hush-2f9c"]) expect(bytes).not.toContain(place);
  expect((await project.command(["report", "last", "-o", "-"])).stdout).toBe(bytes);
  expect(bytes).toMatch(/hushed: (?!hush)\S/);
});

test("what is embedded is said first in the file, and again below", async () => {
  const head = /<!--([\s\S]*?)-->/.exec(project.read("report.html"))![1]!;
  for (const line of [
    "the params of the run: pause=2",
    "table 10_load.rows: 200 of 5,000 rows, 4 columns",
    "value 10_load.hostile",
    "the failure of 30_broken, with its stack",
    "metrics of the model tiny, not the model",
  ]) {
    expect(head).toContain(line);
    expect(await page.locator("#contents").innerText()).toContain(line);
  }
});

test("error first; then prose, code, outputs, folded logs and the graph of the run", async () => {
  expect(await page.locator("main .failure").first().innerText()).toMatch(
    /TypeError: "two" is not a number <img src=x onerror=alert\(1\)>[\s\S]*lib\/parse\.ts:3/,
  );
  const badge = (id: string) => page.locator(`#step-${id} .badge`).innerText();
  expect(await Promise.all(["10_load", "20_flaky", "30_broken", "40_after", "50_slow"].map(badge))).toEqual(
    ["ran", "ran", "failed", "skipped", "ran"].map((word) => expect.stringContaining(word) as string),
  );
  expect(await page.locator("#step-20_flaky .cell-state").innerText()).toContain("2 attempts");
  expect(await page.locator("#step-30_broken .log").innerText()).toContain("parsing 5000 in .");
  await page.locator("#step-10_load summary", { hasText: "Log" }).click();
  await page.locator("#step-10_load [data-find]").fill("nothing like it");
  expect(await page.locator("#step-10_load .log .line:visible").count()).toBe(0);
  await page.locator("#step-10_load summary", { hasText: "Code" }).click();
  expect(await page.locator("#step-10_load .code .t-keyword").first().isVisible()).toBe(true);
  await page.waitForFunction(() => document.querySelector<HTMLImageElement>("#step-10_load img")!.naturalWidth === 40);
  expect(await page.frameLocator("#step-10_load iframe[title='display 2']").locator("p").innerText()).toBe("framed");
  expect(await page.locator("#step-50_slow").innerText()).toMatch(/recorded into experiments[\s\S]*model tiny v1/);
  expect(await page.locator("#graph .node").count()).toBe(6);
  await page.locator("#graph .node", { hasText: "50_slow" }).click();
  expect(page.url()).toMatch(/#step-50_slow$/);
});

test("what only the pages draw is named so, where it stands and among what the file holds", async () => {
  const notes = page.locator("#step-10_load .outputs .note", { hasText: "in the pages only" });
  expect(await notes.allInnerTexts()).toEqual(["What its scripts draw is in the pages only.", "A chart: it is drawn in the pages only."]);
  expect(project.read("report.html")).not.toContain("npm i vega");
  const listed = await page.locator("#contents li", { hasText: /^display \d of 10_load/ }).allInnerTexts();
  expect(listed).toEqual([
    "display 1 of 10_load",
    "display 2 of 10_load",
    "display 3 of 10_load, which is drawn in the pages only",
    "display 4 of 10_load, which is drawn in the pages only",
    "display 5 of 10_load",
  ]);
});

test("a table is turned over and sorted by the rows that it brings, and says how many those are", async () => {
  const table = page.locator("#step-10_load .table-form");
  const first = () => table.locator("tbody td").first().innerText();
  expect(await table.innerText()).toContain("the first 200 of 5,000 rows are in this file");
  expect(await table.locator("tbody tr").count()).toBe(10);
  await table.getByLabel("Last page").click();
  expect(await first()).toBe("190");
  expect(await table.getByLabel("Next page").isDisabled()).toBe(true);
  await table.locator("th button").first().click();
  expect(await first()).toBe("0");
  await table.locator("th button").first().click();
  expect(await first()).toBe("199");
  expect(await table.locator("th").first().getAttribute("aria-sort")).toBe("descending");
  await table.locator("th button").nth(2).click();
  await table.getByLabel("Last page").click();
  expect(await table.locator("tbody td.null").count()).toBe(10);
  expect(await table.locator("tbody img").count()).toBe(0);
});

test("hostile text makes no element of its own, and nothing of it runs", async () => {
  const foreign = await page.evaluate(() =>
    [
      ...document.querySelectorAll(
        "main script:not([type='application/json']), main [onerror], main [onload], main [onclick], main [style], main img:not([src^='data:'])",
      ),
    ].map((node) => node.outerHTML),
  );
  expect(foreign).toEqual([]);
  expect(await page.evaluate(() => document.querySelectorAll("body > script").length)).toBe(1);
});

test("axe finds nothing serious, and it is not a wider than a telephone", async () => {
  for (const [width, scheme] of [
    [390, "dark"],
    [1280, "light"],
  ] as const) {
    const other = await opened(width, scheme);
    expect(await other.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
    // The page's own policy forbids eval, which axe does not need.
    await other.evaluate(axe);
    const found = await other.evaluate(async () => {
      const { violations } = await (
        window as unknown as {
          axe: { run(options: object): Promise<{ violations: { id: string; impact: string; nodes: { html: string }[] }[] }> };
        }
      ).axe.run({ iframes: false });
      return violations
        .filter(({ impact }) => impact === "serious" || impact === "critical")
        .map(({ id, nodes }) => `${id}: ${nodes[0]!.html.slice(0, 160)}`);
    });
    expect(found, scheme).toEqual([]);
    await other.context().close();
  }
});

test("a Jupyter notebook that its own schema accepts, the same at each call", async () => {
  const { code } = await project.command(["export", "ipynb", run, "-o", "run.ipynb"]);
  expect(code).toBe(0);
  const text = project.read("run.ipynb");
  expect((await project.command(["export", "ipynb"])).stdout).toBe(text);
  expect(text).toContain("hushed: ");
  expect(text).not.toContain("hush-2f9c");
  expect(text).not.toContain(project.folder);
  const notebook = JSON.parse(text) as {
    cells: {
      id: string;
      cell_type: string;
      source: string[];
      execution_count?: number | null;
      outputs?: Record<string, any>[];
      metadata: { name?: string };
    }[];
  };
  const { $schema: _, ...schema } = JSON.parse(
    readFileSync(new URL("../fixtures/nbformat/nbformat.v4.5.schema.json", import.meta.url), "utf8"),
  ) as Record<string, unknown>;
  const valid = new Ajv({ strict: false, allErrors: true }).compile(schema);
  expect(valid(notebook), JSON.stringify(valid.errors)).toBe(true);
  expect(valid({ ...notebook, cells: [{ ...notebook.cells[0], id: "no id!" }] })).toBe(false);
  expect(new Set(notebook.cells.map(({ id }) => id)).size).toBe(notebook.cells.length);
  const cell = (id: string) => notebook.cells.find((each) => each.cell_type === "code" && each.metadata.name === id)!;
  expect(cell("10_load").source.join("")).toBe(project.read("steps/10_load.ts").split("*/\n")[1]!.trimEnd());
  expect(
    cell("10_load").outputs!.map((output) =>
      Object.keys((output["data"] as object | undefined) ?? { [output["name"] as string]: 1 })
        .sort()
        .join(" "),
    ),
  ).toEqual([
    "stdout",
    "image/svg+xml text/plain",
    "text/html text/plain",
    "text/html text/plain",
    "application/vnd.vegalite.v5+json text/plain",
    "text/markdown text/plain",
    "text/html text/plain",
    "text/plain",
  ]);
  expect(cell("30_broken").outputs!.find((output) => output["output_type"] === "error")).toMatchObject({
    ename: "E_STEP_THREW",
    evalue: expect.stringContaining('"two" is not a number'),
  });
  expect([cell("30_broken").execution_count, cell("40_after").execution_count]).toEqual([3, null]);
});

test("Markdown with its figures beside it", async () => {
  const { code, stdout } = await project.command(["export", "md", "-o", "out/run.md", "--json"]);
  expect(code).toBe(0);
  const { files } = JSON.parse(stdout) as { files: string[] };
  const text = project.read("out/run.md");
  expect(files).toEqual(["out/run-figures/10_load-display-1.svg"]);
  expect(project.read(files[0]!)).toMatch(/^<svg/);
  expect(text).toContain("![display 1](run-figures/10_load-display-1.svg)");
  expect(text).not.toContain(project.folder);
  const rendered = new MarkdownIt({ html: false }).render(text);
  expect(rendered).toContain('<th style="text-align:right">id</th>');
  expect(rendered).toContain("&lt;svg onload=alert(1)&gt;");
  expect(rendered).toMatch(/<h2>Slow<\/h2>[\s\S]*Recorded into <code>experiments<\/code>/);
  expect((await project.command(["export", "md", "last", "-o", "-"])).stdout).toContain("*display 1: a figure");
});

test("any text in a cell of a Markdown table is that text", () => {
  const markdown = new MarkdownIt({ html: true });
  const normal = (text: string) =>
    text
      .replace(/\s+/g, " ")
      .replace(/[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, "")
      .trim();
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.string({ unit: "grapheme" }), fc.stringMatching(/^[|\\`*_<>&a# [\]()!~-]{0,12}$/)), (text) => {
      const html = markdown.render(`| x | ${cellText(text)} | y |\n| - | - | - |\n| a | ${cellText(text)} | b |`);
      const cells = [...html.matchAll(/<td>([\s\S]*?)<\/td>/g)].map((found) => unescape(found[1]!));
      expect(cells).toEqual(["a", normal(text), "b"]);
    }),
    { numRuns: 300 },
  );
});

function unescape(html: string): string {
  return html.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&quot;", '"').replaceAll("&amp;", "&");
}

test("what cannot be done is said, with the remedy", async () => {
  const wrongDigit = `${run.slice(0, -1)}${run.endsWith("0") ? "1" : "0"}`;
  const cases: [string[], number, RegExp][] = [
    [["report", wrongDigit], 2, new RegExp(`there is no run "${wrongDigit}"[\\s\\S]*did you mean "${run}"`)],
    [["report", "yesterday"], 2, /there is no run "yesterday"[\s\S]*`runs` lists them/],
    [["report", "-o", "-", "--json"], 2, /both want stdout/],
    [["report", "-o", "steps"], 2, /is a folder/],
    [["report", "--rows", "none"], 2, /--rows none is not a whole number/],
    [["export", "ipybn"], 2, /did you mean "ipynb"/],
  ];
  for (const [words, code, message] of cases) {
    const result = await project.command(words);
    expect(result.stderr + result.stdout, words.join(" ")).toMatch(message);
    expect(result.code, words.join(" ")).toBe(code);
  }
});

test("a run is shared as it was, also where the files are others now or cannot be read at all", async () => {
  project.edit("steps/60_more.ts", "items * 2", "items * 3");
  project.edit("lib/parse.ts", "not a number", "none");
  project.edit("lib/parse.ts", "export function", "// one\n// two\n// three\nexport function");
  expect((await project.command(["report", run, "-o", "later.html"])).code).toBe(0);
  const later = await opened(1280, "light", "later.html");
  const more = later.locator("#step-60_more");
  expect(await more.innerText()).toContain("as it ran");
  await more.locator("summary", { hasText: "Code" }).click();
  expect(await more.locator(".code").innerText()).toMatch(/items \* 2/);
  const broken = later.locator("#step-30_broken");
  expect(await broken.locator(".failure .marked").innerText()).toContain("is not a number");
  expect(await broken.locator(".chip", { hasText: "as it ran" }).count()).toBe(1);
  expect((await project.command(["show", run])).stdout).toMatch(
    /│\s+if \(Number\.isNaN\(value\)\) throw new TypeError\(`"\$\{text\}" is not a number/,
  );
  expect(await later.locator("#step-10_load .chip", { hasText: "as it ran" }).count()).toBe(0);
  expect(await later.locator("#graph .edge").count()).toBe(5);
  await later.context().close();
  project.write("steps/10_load.ts", "import {");
  const { code, stdout } = await project.command(["report", run, "-o", "-"]);
  expect(code).toBe(0);
  expect(stdout).toContain("CASE WHEN range % 7");
});

function sha(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
