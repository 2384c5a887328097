/// <reference lib="dom" />
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { TestProject } from "../rig/project.ts";
import { ask, close, open, seriousFaults, type Served } from "./rig.ts";

const wrong: string[] = [];
let project: TestProject;
let server: Served;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  project = new TestProject({
    "steps/10_train.ts": `import { param } from "stepbook";
const most = 20;
export const folds = param("folds", 3, { doc: "folds of the cross-validation", min: 2, max: most });
export const rate = param("rate", 0.5, { min: 0, doc: "how " + folds });
export const weights = param("weights", "uniform", { doc: "how votes count", choices: ["uniform", "distance"] });
export const depth = param("depth", 2, { choices: [1, 2, 4] });
export const label = param("label", "plain");
`,
    "steps/20_wide.ts": `import { param } from "stepbook";
import { folds } from "./10_train.ts";
export const wide = [folds, param("rate", 0.5, { max: 9, doc: "share of each step" })];
`,
  });
  ({ server, browser, page } = await open(project, wrong));
});
afterEach(() => expect(wrong.splice(0)).toEqual([]));
afterAll(() => close(browser, server, project));

test("the form of a run offers what a param may be, and says its range and what it is for", async () => {
  await page.goto(`${server.url}/new`);
  const field = (name: string) => page.locator(".field", { has: page.getByLabel(name, { exact: true }) });
  const options = (name: string) => page.getByLabel(name, { exact: true }).locator("option").allTextContents();
  expect(await options("weights")).toEqual(["uniform", "distance"]);
  expect(await options("depth")).toEqual(["1", "2", "4"]);
  expect(await page.getByLabel("depth").inputValue()).toBe("2");
  expect(await field("folds").innerText()).toMatch(/folds of the cross-validation · from 2 to 20 · 10_train/);
  const limits = await page.getByLabel("folds").evaluate(({ min, max }: HTMLInputElement) => [min, max]);
  expect(limits).toEqual(["2", "20"]);
  // One step says where it begins, another one where it ends and what it is for.
  expect(await field("rate").innerText()).toMatch(/share of each step · from 0 to 9 · 10_train, 20_wide/);
  expect(await seriousFaults(page)).toEqual([]);
});

test("what is wrong with a value is said beside its field, before anything runs, and what was typed stays", async () => {
  await page.goto(`${server.url}/new`);
  await page.getByLabel("label").fill("kept as it is");
  await page.getByLabel("weights").selectOption("distance");
  await page.getByLabel("folds").fill("50");
  await page.getByRole("button", { name: "Run" }).click();
  await page.locator("#param-folds-refused", { hasText: "param folds is 50, and must be a number from 2 to 20" }).waitFor();
  expect(await page.evaluate(() => document.activeElement?.id)).toBe("param-folds");
  expect(await page.getByLabel("folds").getAttribute("aria-invalid")).toBe("true");
  expect(await page.locator("#toast").innerText()).toBe("");
  expect(await seriousFaults(page)).toEqual([]);
  expect(wrong.splice(0)).toEqual([expect.stringContaining("400")]);
  const values = await page.locator("[data-param]").evaluateAll((all) => all.map((each) => (each as HTMLInputElement).value));
  expect(values).toEqual(["50", "0.5", "distance", "2", "kept as it is"]);
  expect(JSON.parse((await ask(server.port, "GET", "/api/runs")).body)).toMatchObject({ runs: [] });
  await page.getByLabel("folds").fill("4");
  await page.getByRole("button", { name: "Run" }).click();
  await page.waitForURL(`${server.url}/`);
  await expect.poll(() => page.locator("#step-20_wide .badge").innerText()).toContain("ran");
  expect(await page.locator("#run-head").innerText()).toMatch(/folds=4[\s\S]*weights=distance[\s\S]*label=kept/);
});

test("a value that one step takes and another one does not is left to them", async () => {
  const told = await project.run(["-p", "rate=50", "10_train"]);
  expect(told.code).toBe(0);
  const refused = await project.run(["-p", "weights=both"]);
  expect(refused.code).toBe(2);
  expect(refused.stdout).toContain('must be \\"uniform\\" or \\"distance\\"');
});
