/// <reference lib="dom" />
import Database from "better-sqlite3";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { TestProject } from "../rig/project.ts";
import { ask, close, open, served, type Served, watchedPage } from "./rig.ts";

const wrong: string[] = [];
let project: TestProject;
let server: Served;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  project = new TestProject({
    "experiments.sql": `CREATE TABLE IF NOT EXISTS experiments (experiment_id text PRIMARY KEY, experiment_datetime timestamptz, version text, tried timestamptz, score double precision);
CREATE TABLE IF NOT EXISTS folds (experiment_id text, fold integer, score double precision, PRIMARY KEY (experiment_id, fold));
CREATE TABLE IF NOT EXISTS trials (experiment_id text PRIMARY KEY, depth integer, width integer, score double precision);
`,
    "steps/10_try.ts": `import { record, run } from "stepbook";
const tried = (day: number) => \`2026-01-0\${day}T00:00:00.000Z\`;
record("experiments", { version: "v12", tried: tried(1), score: 0.1 });
record("experiments", { version: "v2", tried: null, score: 0.2 });
record("experiments", { version: "v3", tried: tried(3), score: null });
record("experiments", { version: "v1", tried: tried(4), score: 0.4 });
for (const fold of [1, 2, 3]) record("folds", { experiment_id: run.id, fold, score: fold / 10 });
for (const depth of [1, 2]) record("trials", { depth, width: 3 - depth, score: depth / 10 });
`,
  });
  expect((await project.run()).code).toBe(0);
  ({ server, browser, page } = await open(project, wrong));
});
afterEach(() => expect(wrong.splice(0)).toEqual([]));
afterAll(() => close(browser, server, project));

test("sorted by one column, rows without a value come last both ways", async () => {
  const scores = (rows: string) =>
    ask(server.port, "GET", `/api/experiments?sort=score${rows}`).then(({ body }) =>
      (JSON.parse(body) as { rows: { score: number | null }[] }).rows.map(({ score }) => score),
    );
  expect(await scores("")).toEqual([0.1, 0.2, 0.4, null]);
  expect(await scores("&down=1")).toEqual([0.4, 0.2, 0.1, null]);
  await page.goto(`${server.url}/experiments`);
  await page.locator("th").getByRole("link", { name: "score" }).click();
  await page.locator("th[aria-sort=ascending]", { hasText: "score" }).waitFor();
  expect(await page.locator("tbody tr").first().innerText()).toContain("v12");
});

/** What stands at the ends of the plot's axis across. */
const ends = (of = page) => of.locator(".plot svg > text").evaluateAll((all) => all.slice(-2).map(({ textContent }) => textContent));

test("a plot takes words for words, and times for times where one is missing", async () => {
  await page.goto(`${server.url}/experiments?x=version&y=score`);
  expect(await ends()).toEqual(["v1", "v2"]);
  await page.goto(`${server.url}/experiments?x=tried&y=score`);
  expect(await page.locator(".plot circle").count()).toBe(2);
  expect(await ends()).toEqual([expect.stringMatching(/^2026-01-01 /), expect.stringMatching(/^2026-01-04 /)]);
});

test("another table is shown with its own columns, whatever was chosen of the one before", async () => {
  await page.goto(`${server.url}/experiments?column=version&column=score&sort=version&x=version&y=score&find=0`);
  await page.getByLabel("table").selectOption("trials");
  await page.getByRole("button", { name: "Show" }).click();
  await page.waitForURL(/table=trials/);
  expect(await page.locator("table.data thead").innerText()).toMatch(/depth\s+width\s+score/);
  expect(await page.locator("th[aria-sort=ascending]").count()).toBe(0);
  expect(await page.getByLabel("find").inputValue()).toBe("0");
  await page.locator("summary", { hasText: "Columns" }).click();
  await page.getByLabel("depth", { exact: true }).uncheck();
  await page.getByRole("button", { name: "Show" }).click();
  await expect.poll(() => page.locator("table.data thead").innerText()).not.toContain("depth");
});

test("every time on the pages is of one clock, which is named", async () => {
  const elsewhere = await served(project, [], { TZ: "Asia/Kolkata" });
  const other = await watchedPage(browser, elsewhere, wrong, 1280);
  try {
    await other.goto(`${elsewhere.url}/experiments?x=tried&y=score&sort=tried`);
    expect(await other.locator("table.data tbody tr").first().innerText()).toContain("2026-01-01 05:30:00 +05:30");
    expect(await ends(other)).toEqual(["2026-01-01 05:30 +05:30", "2026-01-04 05:30 +05:30"]);
    await other.goto(elsewhere.url);
    expect(await other.locator("#step-10_try .facts").first().innerText()).toContain("2026-01-01 05:30:00 +05:30");
    await other.goto(`${elsewhere.url}/runs`);
    expect(await other.locator("tbody time").first().innerText()).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d \+05:30$/);
  } finally {
    await other.context().close();
    await elsewhere.stop();
  }
});

test("a plot of what has no numbers says so, and which columns have some", async () => {
  const told = async (words: string) => /class="note">([^<]*)</.exec((await ask(server.port, "GET", `/experiments?${words}`)).body)?.[1];
  expect(await told("x=score&y=version")).toBe("Nothing to draw: version has no numbers. Choose one that has, such as score.");
  expect(await told("plot=heatmap&x=score&y=version&z=version")).toBe(
    "Nothing to draw: version has no numbers. Choose one that has, such as score.",
  );
  expect(await told("plot=parallel&z=version")).toBe("Nothing to draw: version has no numbers. Choose one that has, such as score.");
  expect(await told("table=trials&x=depth&y=score")).toBe(undefined);
});

test("rows whose key has several columns are picked one by one", async () => {
  await page.goto(`${server.url}/experiments?table=folds`);
  const rows = page.locator("table.data tbody tr");
  await rows.nth(0).getByRole("checkbox").check();
  await rows.nth(2).getByRole("checkbox").check();
  expect(await rows.nth(1).getByRole("checkbox").isChecked()).toBe(false);
  await page.getByRole("button", { name: "Compare selected" }).click();
  const compared = page.locator("section.picked");
  expect(await compared.innerText()).toMatch(/experiment_id \/ fold\s+\S+ \/ [13]\s+\S+ \/ [13]\s+score\s+0\.[13]\s+0\.[13] [+-]0\.2\s*$/);
  expect(await rows.getByRole("checkbox").evaluateAll((all) => all.filter((box) => (box as HTMLInputElement).checked).length)).toBe(2);
});

test("who compares one row, or more than are shown side by side, is told so", async () => {
  const { rows } = JSON.parse((await ask(server.port, "GET", "/api/experiments?table=folds")).body) as {
    rows: { experiment_id: string; fold: number }[];
  };
  const [id] = rows.map(({ experiment_id: of }) => of);
  const db = new Database(project.path("data/experiments.db"));
  for (let fold = 4; fold <= 10; fold++) db.prepare("INSERT INTO folds VALUES (?, ?, 1)").run(id, fold);
  db.close();
  const compared = async (folds: readonly number[]) =>
    (await ask(server.port, "GET", `/experiments?table=folds${folds.map((fold) => `&pick=${id}/${fold}`).join("")}`)).body;
  expect(await compared([])).not.toMatch(/ticked/);
  expect(await compared([1])).toContain("One row is ticked: tick another to compare them.");
  expect(await compared([1, 2])).not.toMatch(/ticked/);
  expect(await compared([1, 2, 3, 4, 5, 6, 7, 8, 9])).toContain("Compared are the first 8 of 9 that are ticked.");
});

test("what is sought is sought in all rows, also beyond those that the page reads", async () => {
  const db = new Database(project.path("data/experiments.db"));
  db.exec(
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20001) INSERT INTO trials (experiment_id, depth) SELECT 'x' || printf('%05d', i), i FROM n",
  );
  const found = async (words: string) => (await ask(server.port, "GET", `/experiments?table=trials&${words}`)).body;
  const pager = async (words: string) => /class="pager">.*?<span>([^<]*)</.exec(await found(words))?.[1];
  // x00001 is the oldest by its key, and the two of the run are before all of them.
  expect(await pager("find=X00001")).toBe("1 row");
  expect(await pager("")).toBe("1–500 of the newest 20,000 rows");
  expect(await pager("find=x")).toBe("1–500 of the newest 20,000 rows");
  db.exec("DELETE FROM trials WHERE experiment_id NOT LIKE 'x%' OR depth = 1");
  await expect.poll(() => pager("")).toBe("1–500 of 20,000 rows");
  expect(await found("find=nowhere")).toMatch(/No results with “nowhere”/);
  expect((await ask(server.port, "GET", "/experiments.csv?table=trials&find=nowhere")).body).toBe("experiment_id,depth,width,score\r\n");
  db.close();
});

/** 1,200 trials more, of which each depth is another one. */
const many = () => {
  const db = new Database(project.path("data/experiments.db"));
  db.exec(
    "DELETE FROM trials; WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1200) INSERT INTO trials (experiment_id, depth, width) SELECT 't' || printf('%05d', i), i, 1201 - i FROM n",
  );
  db.close();
};

test("results are paged, with what is sought, the order, and what is ticked on another page", async () => {
  many();
  await page.goto(`${server.url}/experiments?table=trials&find=t0&sort=depth&plot=parallel`);
  const depths = () =>
    page.locator("form table.data tbody tr td:nth-child(3)").evaluateAll((all) => all.map(({ textContent }) => Number(textContent)));
  const pager = page.locator(".pager");
  expect((await depths()).slice(0, 2)).toEqual([1, 2]);
  expect(await pager.innerText()).toContain("1–500 of 1,200 rows");
  await page.getByLabel("Compare t00002").check();
  await page.getByRole("link", { name: "Next page" }).click();
  await page.waitForURL(/offset=500/);
  expect((await depths())[0]).toBe(501);
  expect(await page.locator("main").innerText()).toContain("1 row of other pages is ticked.");
  await page.getByLabel("Compare t00600").check();
  await page.getByRole("button", { name: "Compare selected" }).click();
  await page.locator("section.picked", { hasText: "t00002" }).filter({ hasText: "t00600" }).waitFor();
  expect((await depths())[0]).toBe(501);
  await page.getByRole("link", { name: "Untick all" }).click();
  await page.locator("section.picked").waitFor({ state: "detached" });
  await page.getByRole("link", { name: "Next page" }).click();
  await page.waitForURL(/offset=1000/);
  expect(await depths()).toHaveLength(200);
  expect(await pager.innerText()).toContain("1,001–1,200 of 1,200 rows");
  expect(await page.getByRole("link", { name: "Next page" }).count()).toBe(0);
  await page.locator("th").getByRole("link", { name: "width" }).click();
  await page.waitForURL(/sort=width/);
  expect((await depths())[0]).toBe(1200);
  await page.goto(`${server.url}/experiments?table=trials&offset=9000`);
  expect(await page.locator("main").innerText()).toContain("The list ends after 1,200 rows.");
});

test("files hold what is shown, and say so: the columns, what is sought, the order", async () => {
  many();
  await page.goto(`${server.url}/experiments?table=trials`);
  expect(await page.locator(".files").innerText()).toBe("Download all rows, all columns: CSV JSON");
  await page.goto(`${server.url}/experiments?table=trials&find=t0001&sort=depth&down=1&column=depth&column=experiment_id`);
  expect(await page.locator(".files").innerText()).toBe(
    "Download all rows with “t0001”, the columns shown, sorted by depth downwards: CSV JSON",
  );
  const file = async (name: string) =>
    (await page.request.get(server.url + (await page.getByRole("link", { name, exact: true }).getAttribute("href"))!)).text();
  const lines = (await file("CSV")).trim().split("\r\n");
  expect(lines.slice(0, 2)).toEqual(["experiment_id,depth", "t00019,19"]);
  expect(lines).toHaveLength(11);
  expect((JSON.parse(await file("JSON")) as object[])[0]).toEqual({ experiment_id: "t00019", depth: 19 });
});
