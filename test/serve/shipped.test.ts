/// <reference lib="dom" />
/** The pages over the pipeline that ships, as a user sees them after the first runs. */
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { TestProject } from "../rig/project.ts";
import { shippedPipeline } from "../rig/shipped.ts";
import { close, open, seriousFaults, type Served, watchedPage } from "./rig.ts";

const wrong: string[] = [];
const runs: string[] = [];
let project: TestProject;
let server: Served;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  project = shippedPipeline();
  for (const words of [[], ["-p", "cv_folds=5"]]) {
    const { code, events } = await project.run(words);
    expect(code).toBe(0);
    runs.unshift((events.find((event) => event.type === "run.started") as { run: string }).run);
  }
  ({ server, browser, page } = await open(project, wrong));
}, 240_000);
afterEach(() => expect(wrong.splice(0)).toEqual([]));
afterAll(() => close(browser, server, project));

const main = () => page.locator("main").innerText();

test("the notebook: eight steps with prose, code and outputs; a table is sorted and filtered", async () => {
  await page.goto(server.url);
  expect(await page.locator(".cell").count()).toBe(8);
  const fetch = page.locator("#step-10_fetch");
  expect(await fetch.innerText()).toMatch(/Wisconsin Diagnostic Breast Cancer[\s\S]*569 rows × 32 columns/);
  await fetch.locator("summary", { hasText: "Code" }).click();
  expect(await fetch.locator(".code").innerText()).toContain("export const dataset");
  const table = fetch.locator(".table-box");
  await table.scrollIntoViewIfNeeded();
  await table.locator("tbody tr").nth(9).waitFor();
  expect(await table.locator(".histogram").count()).toBeGreaterThan(20);
  const byRadius = table.locator("th", { hasText: "radius_mean" }).getByRole("button").first();
  await byRadius.click();
  await table.locator("th[aria-sort=ascending]").waitFor();
  await byRadius.click();
  await expect.poll(() => table.locator("tbody tr").first().innerText()).toContain("28.11");
  expect(await page.locator("#step-40_evaluate").innerText()).toMatch(/accuracy/);
});

test("graph, both runs, what differs between them, and the way back", async () => {
  await page.getByRole("link", { name: "Graph" }).click();
  await page.waitForURL(/graph$/);
  expect(await main()).toContain("30_tune");
  await page.goto(`${server.url}/runs`);
  expect(await page.locator("tbody tr").count()).toBeGreaterThanOrEqual(2);
  await page.goto(`${server.url}/runs/${runs[0]}`);
  await page.getByRole("link", { name: "Compare with the run before" }).click();
  expect(await main()).toMatch(/Params[\s\S]*cv_folds\s+3\s+5/);
  await page.goBack();
  await page.waitForURL(new RegExp(`${runs[0]}$`));
  await page.reload();
  expect(await page.locator(".timeline .bar").count()).toBeGreaterThanOrEqual(3);
});

test("experiments are plotted and compared; the saved model says where it comes from and is asked", async () => {
  await page.goto(`${server.url}/experiments`);
  expect(await page.locator("table.data tbody tr").count()).toBe(2);
  expect(await page.locator(".plot circle").count()).toBeGreaterThanOrEqual(2);
  await page.getByRole("link", { name: "parallel" }).click();
  expect(await page.locator(".parallel polyline").count()).toBe(2);
  for (const box of await page.locator("table.data tbody tr").getByRole("checkbox").all()) await box.check();
  await page.getByRole("button", { name: "Compare selected" }).click();
  expect(await page.locator("section.picked").innerText()).toMatch(/cv_folds\s+[35]\s+[35] [+-]2/);
  await page.goto(`${server.url}/models`);
  await page.getByRole("link", { name: "breast-cancer" }).first().click();
  const card = page.locator(".card").first();
  expect(await card.innerText()).toMatch(/accuracy/);
  await card.getByRole("button", { name: "Make production" }).click();
  await card.locator(".chip.alias", { hasText: "production" }).waitFor();
  await card.getByRole("button", { name: "Predict" }).click();
  await expect.poll(() => card.locator("output").innerText(), { timeout: 30_000 }).toMatch(/malignant|benign|[MB]\b/);
});

test("a run started from the form is watched to its end, and is one of the runs", async () => {
  await page.goto(`${server.url}/new`);
  await page.getByLabel("cv_folds").fill("4");
  await page.getByRole("button", { name: "Run" }).click();
  await page.waitForURL(`${server.url}/`);
  await page.evaluate(() => Object.assign(window, { unbroken: true }));
  await expect.poll(() => page.locator("#run-head").innerText(), { timeout: 90_000 }).toMatch(/succeeded[\s\S]*cv_folds=4/);
  expect(await page.locator("#step-30_tune .badge").innerText()).toContain("ran");
  expect(await page.locator("#step-10_fetch .badge").innerText()).toContain("reused");
  expect(await page.evaluate(() => "unbroken" in window)).toBe(true);
  await page.goto(`${server.url}/runs`);
  expect(await page.locator("tbody tr").first().innerText()).toMatch(/succeeded[\s\S]*ui[\s\S]*cv_folds=4/);
});

test("every page: nothing serious for axe, no wider than a telephone", async () => {
  const narrow = await watchedPage(browser, server, wrong, 390, "dark");
  for (const address of [
    "/",
    "/graph",
    "/graph?exports=1",
    "/runs",
    `/runs/${runs[0]}`,
    `/compare?before=${runs[1]}&after=${runs[0]}`,
    "/experiments",
    "/experiments?plot=parallel",
    "/experiments?plot=heatmap",
    "/models",
    "/models/breast-cancer",
    "/schedule",
    "/new",
  ]) {
    await narrow.goto(server.url + address);
    expect(await narrow.evaluate(() => document.documentElement.scrollWidth - innerWidth), address).toBeLessThanOrEqual(0);
    expect(
      await narrow.evaluate(() => (document.querySelector("nav [aria-current]")?.getBoundingClientRect().right ?? 0) - innerWidth),
      `${address}: its entry`,
    ).toBeLessThanOrEqual(0);
    expect(await seriousFaults(narrow), address).toEqual([]);
  }
  await narrow.context().close();
});
