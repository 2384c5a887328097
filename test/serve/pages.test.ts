/// <reference lib="dom" />
import Database from "better-sqlite3";
import type { Browser, Page, Request } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { TestProject } from "../rig/project.ts";
import { close, everyState, open, seriousFaults, type Served, watchedPage } from "./rig.ts";

const runs: string[] = [];
const wrong: string[] = [];
let project: TestProject;
let server: Served;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  project = everyState();
  for (const words of [["-p", "pause=2"], []]) {
    const { events } = await project.run(["--keep-going", ...words]);
    runs.unshift((events.find((event) => event.type === "run.started") as { run: string }).run);
  }
  ({ server, browser, page } = await open(project, wrong));
});
afterEach(() => expect(wrong.splice(0)).toEqual([]));
afterAll(() => close(browser, server, project));

const watched = (width: number, scheme: "light" | "dark" = "light") => watchedPage(browser, server, wrong, width, scheme);

function addresses(): string[] {
  return [
    "/",
    "/graph",
    "/graph?exports=1",
    "/runs",
    `/runs/${runs[0]}`,
    `/runs/${runs[0]}/notebook`,
    `/compare?before=${runs[1]}&after=${runs[0]}`,
    "/experiments",
    "/models",
    "/models/tiny",
    "/new",
  ];
}

test("the notebook: prose, code, outputs, states and reasons; the failure at the user's line", async () => {
  await page.goto(server.url);
  const state = (id: string) => page.locator(`#step-${id} .cell-state .badge`).innerText();
  expect(await page.locator(".cell").count()).toBe(5);
  expect(await Promise.all(["10_load", "30_broken", "40_after", "50_slow"].map(state))).toEqual([
    expect.stringContaining("reused"),
    expect.stringContaining("failed"),
    expect.stringContaining("skipped"),
    expect.stringContaining("ran"),
  ]);
  expect(await page.locator("#step-50_slow .cell-state").innerText()).toContain("records a result in every run");
  expect(await page.locator("#step-30_broken .failure .marked").innerText()).toContain("throw new TypeError");
  await page.locator("#step-10_load summary", { hasText: "Code" }).click();
  expect(await page.locator("#step-10_load .code .t-keyword").first().isVisible()).toBe(true);
  expect(await page.locator("#step-10_load .prose strong").first().innerText()).toBe("small");
  await page.locator("#step-10_load summary", { hasText: "Log" }).click();
  expect(await page.locator("#step-10_load .log").innerText()).toMatch(/^loaded <img src=x onerror=alert\(1\)>\s+done\s*$/);
  await page.locator("#step-10_load img").first().scrollIntoViewIfNeeded();
  await page.waitForFunction(() => document.querySelector<HTMLImageElement>("#step-10_load img")!.naturalWidth === 40);
});

test("a figure that moves does so in a frame without an origin or a network; a chart that nothing draws says so", async () => {
  await page.goto(server.url);
  const frame = page.locator("#step-10_load iframe").nth(1);
  await frame.scrollIntoViewIfNeeded();
  const inside = frame.contentFrame().locator("body");
  await expect.poll(() => inside.innerText()).toMatch(/moved, origin null[\s\S]*kept out[\s\S]*no network/);
  await expect.poll(async () => (await frame.boundingBox())?.height).toBeLessThan(150);
  expect(await page.title()).toContain("Notebook");
  expect(await page.locator("#step-10_load .figure", { hasText: "npm i vega vega-lite" }).innerText()).toContain("mark");
});

test("a table: types, distributions, sorting, filters, paging", async () => {
  await page.goto(server.url);
  const table = page.locator("#step-10_load .table-box");
  await table.scrollIntoViewIfNeeded();
  await table.locator("tbody tr").nth(9).waitFor();
  expect(await table.locator("thead").innerText()).toContain("<svg onload=alert(1)>");
  expect(await table.locator(".histogram").count()).toBe(2);
  const first = () => table.locator("tbody td").first().innerText();
  const settle = async (text: string) => table.locator(".pager", { hasText: text }).waitFor();
  await table.locator("th button").first().click();
  await table.locator("th[aria-sort=ascending]").waitFor();
  await table.locator("th button").first().click();
  await expect.poll(first).toBe("4999");
  await table.getByLabel("Last page").click();
  await settle("4,991–5,000 of 5,000");
  await table.getByRole("button", { name: "Filter" }).click();
  await page.keyboard.type("<3");
  await settle("1–3 of 3");
  expect(await first()).toBe("2");
  expect(await page.evaluate(() => (document.activeElement as HTMLInputElement).name)).toBe("f0");
});

test("what there is several of has a name of its own: tables for who cannot see them, notebooks in the tabs", async () => {
  await page.goto(`${server.url}/runs/${runs[1]}/notebook`);
  expect(await page.title()).toContain(`Notebook of ${runs[1]}`);
  await page.locator("#step-10_load .table-box").scrollIntoViewIfNeeded();
  await page.getByRole("region", { name: "Table rows", exact: true }).waitFor();
  await page.goto(server.url);
  expect(await page.title()).toMatch(/^Notebook · /);
});

test("a table whose filters are open says so, also after it was sorted", async () => {
  await page.goto(server.url);
  const table = page.locator("#step-10_load .table-box");
  await table.scrollIntoViewIfNeeded();
  const filter = table.getByRole("button", { name: "Filter" });
  await filter.click();
  await table.locator("th button").first().click();
  await table.locator("th[aria-sort=ascending]").waitFor();
  expect(await table.locator(".filters").isVisible()).toBe(true);
  expect(await filter.getAttribute("aria-expanded")).toBe("true");
  await filter.click();
  expect([await table.locator(".filters").isVisible(), await filter.getAttribute("aria-expanded")]).toEqual([false, "false"]);
  await table.locator("th button").first().click();
  await table.locator("th[aria-sort=descending]").waitFor();
  expect([await table.locator(".filters").isVisible(), await filter.getAttribute("aria-expanded")]).toEqual([false, "false"]);
});

test("a table by the keyboard: whoever turns its pages stays at the button, and what is typed while an answer is on its way stays", async () => {
  await page.goto(server.url);
  const table = page.locator("#step-10_load .table-box");
  await table.scrollIntoViewIfNeeded();
  const settle = async (text: string) => table.locator(".pager", { hasText: text }).waitFor();
  await settle("1–10 of 5,000");
  await table.getByLabel("Next page").focus();
  for (const text of ["11–20 of", "21–30 of"]) {
    await page.keyboard.press("Enter");
    await settle(text);
  }
  await table.getByRole("button", { name: "Filter" }).click();
  let release = () => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  const first = /[?&]f0=%3C1&/;
  await page.route(first, async (route) => (await held, route.continue()));
  const asked = page.waitForRequest(first);
  await page.keyboard.type("<1");
  await asked;
  await page.keyboard.type("0");
  release();
  await settle("1–10 of 10");
  expect(await table.locator("input[name=f0]").inputValue()).toBe("<10");
  await page.unroute(first);
});

test("a run from the form is watched live, keeps folds and place, and is one of the runs", async () => {
  await page.goto(`${server.url}/new`);
  await page.getByLabel("pause").fill("60");
  await page.getByRole("button", { name: "Run" }).click();
  await page.waitForURL(`${server.url}/`);
  await page.evaluate(() => Object.assign(window, { unbroken: true }));
  const slow = page.locator("#step-50_slow");
  await slow.locator("progress[value]").waitFor();
  await slow.locator("summary", { hasText: "Code" }).click();
  const far = () => slow.locator("progress").evaluate((bar) => (bar as HTMLProgressElement).value);
  const before = await far();
  await expect.poll(far).toBeGreaterThan(before);
  const log = slow.locator(".log .line");
  await expect.poll(async () => (await log.count()) > 2 && (await slow.locator(".badge").innerText()).includes("running")).toBe(true);
  await expect.poll(() => slow.locator(".badge").innerText(), { timeout: 20_000 }).toContain("ran");
  expect(await slow.locator(".code").isVisible()).toBe(true);
  // What came line by line is what was printed, once each.
  expect(await log.allTextContents()).toEqual(Array.from({ length: 50 }, (_, index) => `item ${index + 1}\n`));
  expect(await page.evaluate(() => "unbroken" in window)).toBe(true);
  await page.goto(`${server.url}/runs`);
  expect(await page.locator("tbody tr").first().innerText()).toMatch(/failed[\s\S]*ui[\s\S]*pause=60/);
});

test("a run is cancelled; what is wrong with a param is said", async () => {
  await page.goto(`${server.url}/new`);
  await page.getByLabel("pause").fill("");
  await page.getByRole("button", { name: "Run" }).click();
  await page.locator(".refused", { hasText: "not a number" }).waitFor();
  expect(wrong.splice(0)).toEqual([expect.stringContaining("400")]);
  await page.getByLabel("pause").fill("400");
  await page.getByRole("button", { name: "Run" }).click();
  await page.locator("#step-50_slow progress[value]").waitFor();
  await page.getByRole("button", { name: "Cancel" }).click();
  await expect.poll(() => page.locator("#step-50_slow .badge").innerText(), { timeout: 20_000 }).toContain("cancelled");
  await expect.poll(() => page.locator("#run-head").innerText()).toContain("cancelled");
});

test("a run of the terminal, and a saved file, are seen without a reload", async () => {
  await page.goto(server.url);
  await page.evaluate(() => Object.assign(window, { unbroken: true }));
  await project.run(["--keep-going", "-p", "pause=3"]);
  await expect.poll(() => page.locator("#run-head").innerText()).toContain("pause=3");
  const badge = (id: string) => page.locator(`#step-${id} .badge`).innerText();
  project.edit("steps/10_load.ts", "range(5000)", "range(5001)");
  project.edit("steps/50_slow.ts", "done / 50", "done / 51");
  await expect.poll(() => badge("10_load")).toContain("stale");
  await expect.poll(() => badge("50_slow")).toContain("stale");
  const edits = page.locator("#step-50_slow details", { hasText: "What changed since" });
  await edits.locator("summary").click();
  expect(await edits.locator(".plus").innerText()).toContain("done / 51");
  expect(await edits.locator(".minus").innerText()).toContain("done / 50");
  project.edit("steps/10_load.ts", "range(5001)", "range(5000)");
  await expect.poll(() => badge("10_load")).toContain("reused");
  expect(await page.evaluate(() => "unbroken" in window)).toBe(true);
});

test("what the reader ticked and looks for stays while the page changes", async () => {
  await page.goto(`${server.url}/runs`);
  const boxes = page.locator(".pick input");
  const ticked = () =>
    boxes.evaluateAll((all) => all.flatMap((box) => ((box as HTMLInputElement).checked ? [(box as HTMLInputElement).value] : [])));
  const count = await boxes.count();
  await boxes.nth(0).uncheck();
  await boxes.nth(2).check();
  await boxes.nth(1).uncheck();
  await boxes.nth(1).check();
  const before = await ticked();
  expect(before).toHaveLength(2);
  // A third one takes the place of the first.
  await boxes.nth(0).check();
  expect(await boxes.evaluateAll((all) => all.slice(0, 3).map((box) => (box as HTMLInputElement).checked))).toEqual([true, true, false]);
  await boxes.nth(2).check();
  await boxes.nth(1).check();
  expect((await page.request.get(`${server.url}/compare?run=a&run=b&run=c`)).status()).toBe(400);
  await project.run(["--keep-going", "-p", "pause=2"]);
  await expect.poll(() => boxes.count()).toBe(count + 1);
  expect(await ticked()).toEqual(before);
  await page.goto(server.url);
  const log = page.locator("#step-10_load details:has(.log)");
  // It may be open since a test before.
  if (!(await log.evaluate((fold) => (fold as HTMLDetailsElement).open))) await log.locator("summary").click();
  await page.getByLabel("Find in the log of 10_load").fill("no such words");
  expect(await log.locator(".line:visible").count()).toBe(0);
  await page.getByLabel("Find in the log of 10_load").blur();
  project.edit("steps/10_load.ts", "range(5000)", "range(5001)");
  await expect.poll(() => page.locator("#step-10_load .badge").innerText()).toContain("stale");
  expect([await log.locator(".line:visible").count(), await page.getByLabel("Find in the log of 10_load").inputValue()]).toEqual([
    0,
    "no such words",
  ]);
  project.edit("steps/10_load.ts", "range(5001)", "range(5000)");
  await expect.poll(() => page.locator("#step-10_load .badge").innerText()).toContain("reused");
});

test("a graph that is broken from the start of a file on, deep in lib/ too, is seen mended without a reload", async () => {
  await page.goto(server.url);
  project.write("lib/deep/words.ts", "export const");
  project.write(
    "steps/60_new.ts",
    'import { param } from "stepbook";\nimport { words } from "../lib/deep/words.ts";\nexport const n = param("prompt", words);\n',
  );
  await expect.poll(() => page.locator("main").innerText()).toContain("E_SYNTAX");
  project.write("lib/deep/words.ts", 'export const words = "\\na\\n\\nb";\n');
  await expect.poll(() => page.locator(".cell").count()).toBe(6);
  expect(await page.locator("main").innerText()).not.toContain("E_SYNTAX");
  // A text of several lines that nobody touched is not a param that was set.
  await page.goto(`${server.url}/new`);
  expect(await page.getByLabel("prompt").inputValue()).toBe("\na\n\nb");
  await page.getByLabel("Up to").selectOption("60_new");
  await page.getByRole("button", { name: "Run" }).click();
  await page.waitForURL(`${server.url}/`);
  await expect.poll(() => page.locator("#step-60_new .badge").innerText()).toContain("ran");
  expect(await page.locator("#run-head").innerText()).not.toContain("prompt");
  project.remove("steps/60_new.ts");
  await expect.poll(() => page.locator(".cell").count()).toBe(5);
});

test("experiments of any number are downloaded whole", async () => {
  const db = new Database(project.path("data/experiments.db"));
  const add = db.prepare("INSERT INTO experiments (experiment_id, experiment_datetime, score) VALUES (?, '2020-01-01T00:00:00.000Z', ?)");
  db.transaction(() => Array.from({ length: 6000 }, (_, n) => add.run(`old-${n}`, n)))();
  const count = db.prepare("SELECT count(*) FROM experiments").pluck().get() as number;
  db.close();
  expect((await (await page.request.get(`${server.url}/experiments.csv`)).text()).trim().split("\r\n")).toHaveLength(count + 1);
  await page.goto(`${server.url}/experiments?sort=score&down=1`);
  expect(await page.locator("tbody tr").first().innerText()).toContain("old-5999");
  expect(await page.locator("main").innerText()).toContain("Drawn are 5,000 rows");
  expect(await page.locator(".pager").first().innerText()).toContain(`${count.toLocaleString("en-US")} rows`);
});

test("a tab in the background closes its stream, and catches up when it is looked at", async () => {
  const stream = (request: Request) => request.url().startsWith(`${server.url}/events`);
  const tab = await watched(1280);
  const look = async (state: "hidden" | "visible") =>
    tab.evaluate((now) => {
      Object.defineProperty(document, "visibilityState", { configurable: true, get: () => now });
      document.dispatchEvent(new Event("visibilitychange"));
    }, state);
  const opened = tab.waitForRequest(stream);
  await tab.goto(server.url);
  await opened;
  await tab.evaluate(() => Object.assign(window, { unbroken: true }));
  const closed = tab.waitForEvent("requestfailed", stream);
  await look("hidden");
  await closed;
  await project.run(["--keep-going", "-p", "pause=4"]);
  expect(await tab.locator("#run-head").innerText()).not.toContain("pause=4");
  const reopened = tab.waitForRequest(stream);
  await look("visible");
  await reopened;
  await expect.poll(() => tab.locator("#run-head").innerText()).toContain("pause=4");
  expect(await tab.evaluate(() => "unbroken" in window)).toBe(true);
  await tab.context().close();
});

test("graph, runs, comparison, experiments and models are clicked through; Back holds", async () => {
  await page.goto(`${server.url}/graph`);
  expect(await page.locator(".node").count()).toBe(5);
  await page.locator(".node", { hasText: "30_broken" }).click();
  await page.waitForURL(/#step-30_broken$/);
  await page.goBack();
  await page.waitForURL(/graph$/);
  await page.goto(`${server.url}/runs/${runs[0]}`);
  expect(await page.locator("main h2").first().innerText()).toBe("30_broken");
  expect(await page.locator(".timeline .bar").count()).toBeGreaterThanOrEqual(2);
  await page.getByRole("link", { name: "Compare with the run before" }).click();
  expect(await page.locator("main").innerText()).toMatch(/Params[\s\S]*pause\s+2\s+1/);
  await page.goto(`${server.url}/runs`);
  await page.getByRole("button", { name: "Compare two" }).click();
  expect(await page.locator("h1").innerText()).toBe("Compare");
  await page.goto(`${server.url}/experiments?sort=pause&down=1`);
  expect(await page.locator("table.data tbody tr").first().innerText()).toContain("60");
  expect(await page.locator(".plot circle").count()).toBeGreaterThan(2);
  const csv = await (await page.request.get(`${server.url}/experiments.csv?find=1%2B1`)).text();
  expect(csv).toContain("'=1+1 <script>alert(1)</script>");
  await page.goto(`${server.url}/models`);
  await page.getByRole("link", { name: "tiny" }).click();
  expect(await page.locator("main").innerText()).toContain("a <i>tiny</i> model");
  const download = page.waitForEvent("download");
  await page.getByRole("link", { name: "Download" }).first().click();
  expect((await download).suggestedFilename()).toBe("tiny-v1.json");
});

test("no page is wider than a telephone, and axe finds nothing serious, light and dark", async () => {
  for (const [width, scheme] of [
    [390, "dark"],
    [1280, "light"],
  ] as const) {
    const other = await watched(width, scheme);
    for (const address of addresses()) {
      await other.goto(server.url + address);
      expect(await other.evaluate(() => document.documentElement.scrollWidth - innerWidth), `${address} ${width}`).toBeLessThanOrEqual(0);
      expect(await seriousFaults(other), `${address} ${scheme}`).toEqual([]);
    }
    await other.context().close();
  }
});

test("hostile text makes no element of its own", async () => {
  for (const address of [...addresses(), "/records/1/tables/rows"]) {
    await page.goto(server.url + address);
    const foreign = await page.evaluate(() =>
      [
        ...document.querySelectorAll(
          "main script, main [onerror], main [onload], main [onclick], main [style]:not(iframe.figure), main img:not([src^='/records/'])",
        ),
      ].map((node) => node.outerHTML),
    );
    expect(foreign, address).toEqual([]);
  }
});
