/// <reference lib="dom" />
import { spawn } from "node:child_process";
import path from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { built } from "../rig/build.ts";
import { finished, TestProject } from "../rig/project.ts";
import { close, open, seriousFaults, type Served } from "./rig.ts";

const wrong: string[] = [];
let project: TestProject;
let server: Served;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  project = new TestProject({
    "experiments.sql":
      "CREATE TABLE IF NOT EXISTS experiments (experiment_id text PRIMARY KEY, experiment_datetime timestamptz, slope integer, bend integer, error double precision);\n",
    "lib/line.ts":
      "export function predict(parts: { slope: number }, row: { x: number }) {\n  return { y: parts.slope * row.x, shares: { up: 0.75, down: 0.25 } };\n}\n",
    "steps/10_train.ts": `import { param, record, saveModel, sql } from "stepbook";
const [slope, bend] = [param("slope", 2, { doc: "how steep" }), param("bend", 1)];
saveModel("line", { slope }, { metrics: { error: 1 / slope }, predict: "lib/line.ts", inputs: { x: { example: 1, min: 0, max: 100 } } });
record("experiments", { slope, bend, error: slope === 4 ? null : 1 / slope + bend });
export const trained = slope;
export const spread = await sql\`SELECT (range * ${"${slope}"})::INTEGER AS v, 3 AS same FROM range(100)\`;
`,
    "steps/20_flip.ts":
      'import { existsSync } from "node:fs";\nimport { trained } from "./10_train.ts";\nif (existsSync("broken")) throw new Error("it is broken");\nexport const flipped = -trained;\n',
    "steps/30_after.ts": 'import { flipped } from "./20_flip.ts";\nexport const after = flipped + 1;\n',
    "steps/40_apart.ts":
      'import { loadModel } from "stepbook";\nimport { after } from "./30_after.ts";\nexport const apart = (await loadModel("line", 1)).version + after * 0;\n',
    "schedule.mjs": `import { schedule } from ${JSON.stringify(path.join(built, "schedule.js"))};\nawait schedule({ train: { cron: "@daily" } });\n`,
  });
  for (const words of [["slope=2"], ["slope=3", "bend=4"], ["slope=4"], ["slope=5", "bend=4"]])
    expect((await project.run(words.flatMap((word) => ["-p", word]))).code).toBe(0);
  await finished(
    spawn(process.execPath, [project.path("schedule.mjs"), "--once", "--no-ui"], {
      cwd: project.folder,
      stdio: ["ignore", "pipe", "pipe"],
    }),
  );
  ({ server, browser, page } = await open(project, wrong));
});
afterEach(() => expect(wrong.splice(0)).toEqual([]));
afterAll(() => close(browser, server, project));

const main = () => page.locator("main").innerText();
const badge = (step: string) => page.locator(`#step-${step} .cell-state .badge`).innerText();

test("a model: aliases are set, moved and taken away; it says where it is used; a form asks it", async () => {
  await page.goto(`${server.url}/models/line`);
  const card = (version: number) => page.locator(".card", { has: page.locator(`#v${version}`) });
  await card(4).getByRole("button", { name: "Make production" }).click();
  await card(4).locator(".chip.alias", { hasText: "production" }).waitFor();
  expect(JSON.parse(project.read("models/line@production.json"))).toMatchObject({ version: 4 });
  await card(2).getByRole("button", { name: "Make production" }).click();
  await card(2).locator(".chip.alias", { hasText: "production" }).waitFor();
  expect(await card(4).locator(".chip.alias").count()).toBe(0);
  await card(3).getByLabel("Other alias for v3").fill("tried");
  await card(3).getByRole("button", { name: "Set" }).click();
  await card(3).getByRole("button", { name: "Take tried away from v3" }).click();
  await expect.poll(() => project.has("models/line@tried.json")).toBe(false);
  await card(1).getByText("Where used").click();
  expect(await card(1).innerText()).toMatch(/40_apart\s+in 4 runs/);
  await card(4).getByLabel("x", { exact: true }).fill("7");
  await card(4).getByRole("button", { name: "Predict" }).click();
  await card(4).locator("output", { hasText: "35" }).waitFor();
  expect(await card(4).locator("output").innerText()).toMatch(/up\s+75\.0 %/);
  await card(4).getByLabel("x", { exact: true }).fill("700");
  await card(4).getByRole("button", { name: "Predict" }).click();
  await page.locator("#toast", { hasText: "not from 0 to 100" }).waitFor();
  expect(wrong.splice(0)).toEqual([expect.stringContaining("400")]);
  expect(await seriousFaults(page)).toEqual([]);
  await page.goto(`${server.url}/models`);
  expect(await main()).toContain("production v2");
});

test("a row that is given in part is answered with what stood for the rest", async () => {
  const predict = async (row: object) =>
    (
      await fetch(`${server.url}/api/models/line/4/predict`, {
        method: "POST",
        headers: { "content-type": "application/json", "x-stepbook-token": server.token, origin: server.url },
        body: JSON.stringify({ row }),
      })
    ).json();
  expect(await predict({ x: 7 })).toEqual({ answer: { y: 35, shares: { up: 0.75, down: 0.25 } }, inputs: { x: 7 }, examples: {} });
  expect(await predict({})).toMatchObject({ answer: { y: 5 }, inputs: {}, examples: { x: 1 } });
});

test("what the reader unfolded stays so while the page changes, also in the instant of the click", async () => {
  await page.goto(`${server.url}/models/line`);
  const [card, folds] = [
    page.locator(".card", { has: page.locator("#v4") }),
    page.locator(".card", { has: page.locator("#v4") }).locator("details"),
  ];
  await card.getByText("Provenance").click();
  const tree = card.locator("details.tree details").first();
  const before = await tree.evaluate((fold: HTMLDetailsElement) => fold.open);
  const touched = await tree.evaluate((fold: HTMLDetailsElement) => (fold.querySelector("summary")!.click(), fold.dataset["touched"]));
  expect(touched).toBe("");
  const open = () => folds.evaluateAll((all) => all.map((fold) => (fold as HTMLDetailsElement).open));
  const unfolded = await open();
  for (const act of ["Make candidate", "Take candidate away from v4", "Make candidate", "Take candidate away from v4"]) {
    await card.getByRole("button", { name: act }).click();
    await card.getByRole("button", { name: act }).waitFor({ state: "detached" });
    expect(await open()).toEqual(unfolded);
  }
  expect(await tree.evaluate((fold: HTMLDetailsElement) => fold.open)).toBe(!before);
});

test("a stream that opens right after its page tells what changes from there", async () => {
  const address = "/models/line";
  const state = /name="stepbook-state" content="([^"]+)"/.exec(await (await fetch(server.url + address)).text())![1]!;
  const events = await fetch(`${server.url}/events?${new URLSearchParams({ page: address, state })}`);
  const alias = (version: number | null) =>
    fetch(`${server.url}/api${address}/aliases`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-stepbook-token": server.token, origin: server.url },
      body: JSON.stringify({ alias: "seen", version }),
    });
  expect((await alias(1)).status).toBe(200);
  let told = "";
  for await (const chunk of events.body!.pipeThrough(new TextDecoderStream())) {
    told += chunk;
    if (told.includes("data: ")) break;
  }
  expect(told).toContain(`data: {"type":"patch","from":"${state}"`);
  expect((await alias(null)).status).toBe(200);
});

test("the schedule: it rests and goes on, a backfill is looked at and run", async () => {
  await page.goto(`${server.url}/graph`);
  await page.getByRole("link", { name: "Schedule" }).click();
  expect(await main()).toMatch(/No scheduler runs[\s\S]*0 0 \* \* \*[\s\S]*next/);
  await page.getByRole("button", { name: "Pause" }).click();
  await page.getByRole("button", { name: "Resume" }).waitFor();
  expect((await project.command(["slots", "pause"])).stdout).toContain("rests already");
  await page.getByRole("button", { name: "Resume" }).click();
  await page.getByRole("button", { name: "Pause" }).waitFor();
  await page.getByLabel("from").fill("2026-01-01");
  await page.getByLabel("to", { exact: true }).fill("2026-01-02");
  await page.getByRole("button", { name: "Preview" }).click();
  expect(await seriousFaults(page)).toEqual([]);
  await page.getByRole("button", { name: "Run 2 slots" }).click();
  await page.waitForURL(/schedule$/);
  await expect.poll(() => page.locator(".stripe .s-succeeded").count(), { timeout: 60_000 }).toBe(2);
  await expect.poll(() => page.locator("#acts").innerText()).toContain("Run");
  expect(await main()).toMatch(/2026-01-02 00:00\s+train\s+✓?\s*succeeded\s+1\s+\S+\s+backfill/);
  await page.goto(`${server.url}/schedule?schedule=train&from=2026-01-03&to=2026-01-01`);
  expect(await main()).toMatch(/Backfill[\s\S]*2026-01-03 is after 2026-01-01: give the first day, then the last/);
  expect(await page.getByLabel("from").inputValue()).toBe("2026-01-03");
  await page.goto(`${server.url}/schedule?schedule=train&from=2026-01-01&to=2026-01-03`);
  await page.getByRole("button", { name: "Run 1 slot" }).waitFor();
  expect(await (await fetch(`${server.url}/schedule?schedule=train&from=2026-02-01&to=2026-02-31`)).text()).not.toMatch(/Run \d+ slots?/);
  expect((await project.command(["runs", "--json", "-n", "2"])).stdout).toMatch(
    /"trigger":"backfill","logicalDate":"2026-01-02T00:00:00.000Z"/,
  );
});

test("what was asked in vain is asked again: a pause that another made leaves its button as it was", async () => {
  // Nothing is heard of what others do.
  await page.route("**/events?*", (route) => route.abort());
  await page.goto(`${server.url}/schedule`);
  expect((await project.command(["slots", "pause"])).code).toBe(0);
  const pause = page.getByRole("button", { name: "Pause" });
  const answer = page.waitForResponse("**/pause");
  await pause.click();
  expect(await (await answer).json()).toMatchObject({ changed: false });
  await expect.poll(() => pause.getAttribute("aria-disabled")).toBe(null);
  await page.unroute("**/events?*");
  expect((await project.command(["slots", "resume"])).code).toBe(0);
  wrong.splice(0);
});

test("who works by the keyboard stays where a button was that goes by what it did", async () => {
  const waits = "steps/90_waits.ts";
  project.write(waits, 'console.log("it waits");\nawait new Promise((resolve) => setTimeout(resolve, 600_000));\n');
  const focused = () => page.evaluate(() => document.activeElement!.closest("#acts, main")?.id ?? document.activeElement!.tagName);
  await page.goto(server.url);
  await page.getByRole("button", { name: "Run 90_waits and all that depends on it" }).press("Enter");
  await page.locator("#step-90_waits .log", { hasText: "it waits" }).waitFor();
  await page.getByRole("button", { name: "Cancel" }).press("Enter");
  await page.locator("#acts").getByRole("link", { name: "Run…" }).waitFor();
  expect(await focused()).toBe("acts");
  expect(await page.evaluate(() => document.activeElement!.textContent)).toBe("Run…");
  await page.getByRole("button", { name: "Run the rest" }).press("Enter");
  await page.getByRole("button", { name: "Run the rest" }).waitFor({ state: "detached" });
  expect(await focused()).toBe("main");
  await page.getByRole("button", { name: "Cancel" }).click();
  await expect.poll(() => badge("90_waits")).toContain("cancelled");
  project.remove(waits);
});

test("Cancel is pressed again where a step does not end", async () => {
  const deaf = "steps/90_deaf.ts";
  project.write(
    deaf,
    'process.on("SIGTERM", () => {});\nconsole.log("it is deaf");\nawait new Promise((resolve) => setTimeout(resolve, 600_000));\n',
  );
  await page.goto(server.url);
  await page.getByRole("button", { name: "Run 90_deaf and all that depends on it" }).click();
  await page.locator("#step-90_deaf .log", { hasText: "it is deaf" }).waitFor();
  const cancel = page.getByRole("button", { name: "Cancel" });
  await cancel.click();
  await page.locator("#toast", { hasText: "Cancel again" }).waitFor();
  expect(await cancel.getAttribute("aria-disabled")).toBe(null);
  const second = page.waitForRequest("**/cancel");
  await cancel.click();
  await second;
  await expect.poll(() => badge("90_deaf")).toContain("cancelled");
  project.remove(deaf);
});

test("a step runs again with what depends on it; what failed is retried; each is a run by ui", async () => {
  await page.goto(server.url);
  await page.getByRole("button", { name: "Run 20_flip and all that depends on it" }).click();
  await expect.poll(() => badge("40_apart"), { timeout: 60_000 }).toContain("ran");
  expect(await Promise.all(["10_train", "20_flip", "30_after"].map(badge))).toEqual([
    expect.stringContaining("ran"),
    expect.stringContaining("ran"),
    expect.stringContaining("ran"),
  ]);
  expect(await page.locator("#step-30_after .reason").innerText()).toBe("forced");
  await expect.poll(() => page.locator("#run-head").innerText()).toMatch(/succeeded[\s\S]*ui/);
  project.write("broken", "");
  expect((await project.run(["-p", "slope=5"])).code).toBe(1);
  await expect.poll(() => badge("30_after")).toContain("skipped");
  project.remove("broken");
  await page.getByRole("button", { name: "Retry failed" }).click();
  await expect.poll(() => badge("40_apart"), { timeout: 60_000 }).toMatch(/ran|reused/);
  await expect.poll(() => page.locator("#run-head").innerText()).toMatch(/succeeded[\s\S]*ui[\s\S]*slope=5/);
  const [last] = (await project.command(["runs", "--json"])).stdout.split("\n");
  expect(JSON.parse(last!)).toMatchObject({ trigger: "ui", status: "succeeded", params: { slope: "5" } });
  expect((await project.command(["run", "--retry", "last"])).stderr).toContain("has nothing to retry");
});

test("by the keyboard alone: what is there is found, and the keys are listed", async () => {
  await page.goto(`${server.url}/runs`);
  await page.keyboard.press("/");
  await page.getByRole("combobox").waitFor();
  await page.keyboard.type("flip");
  await page.keyboard.press("Enter");
  await page.waitForURL(/#step-20_flip$/);
  await page.keyboard.press("Control+k");
  await page.keyboard.type("run slope=3");
  // While it is typed more than one run may be found.
  await page.locator("#found li", { hasText: "slope=3" }).first().waitFor();
  expect(await seriousFaults(page)).toEqual([]);
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/runs\/\d/);
  expect(await main()).toContain("slope=3");
  await page.keyboard.press("/");
  await page.keyboard.type("li");
  await page.locator("#found li[aria-selected=true]", { hasText: "line" }).waitFor();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowUp");
  await page.keyboard.type("ne v");
  await page.keyboard.press("Enter");
  await page.waitForURL(/models\/line$/);
  await page.keyboard.press("/");
  await page.keyboard.type("<img src=x onerror=alert(1)>");
  await page.locator("#found", { hasText: "nothing" }).waitFor();
  await page.keyboard.press("Escape");
  await expect.poll(() => page.locator("dialog[open]").count()).toBe(0);
  await page.keyboard.press("?");
  await page.locator("#keys").waitFor();
  expect(await seriousFaults(page)).toEqual([]);
  await page.keyboard.press("Escape");
  await expect.poll(() => page.locator("#keys").count()).toBe(0);
  await page.keyboard.press("s");
  await page.waitForURL(/schedule$/);
  await page.keyboard.press("n");
  await page.waitForURL(`${server.url}/`);
  await page.keyboard.press("o");
  await page.locator("#step-10_train .code").waitFor();
});

test("keys that are pressed alone are switched off and on again, and stay so", async () => {
  const alone = page.getByLabel("Keys pressed alone work");
  await page.goto(`${server.url}/runs`);
  await page.keyboard.press("?");
  await alone.uncheck();
  await page.keyboard.press("Escape");
  await page.reload();
  expect(await page.locator(".find-button kbd").isVisible()).toBe(false);
  for (const key of ["?", "/", "n"]) await page.keyboard.press(key);
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox").waitFor();
  expect(page.url()).toBe(`${server.url}/runs`);
  await page.getByRole("button", { name: "Keys" }).click();
  await page.locator("#keys").waitFor();
  expect(await page.locator("dialog[open]").count()).toBe(1);
  expect(await seriousFaults(page)).toEqual([]);
  await alone.check();
  await page.keyboard.press("Escape");
  await page.keyboard.press("g");
  await page.waitForURL(/graph$/);
});

test("experiments: parallel lines, a heatmap of two params, rows that are picked and compared", async () => {
  await page.goto(`${server.url}/experiments`);
  expect(await page.locator(".plot circle").count()).toBeGreaterThanOrEqual(3);
  await page.getByRole("link", { name: "parallel" }).click();
  expect(await page.locator(".parallel polyline").count()).toBeGreaterThanOrEqual(3);
  expect(await page.locator(".parallel text.strong").allTextContents()).toEqual(["slope", "bend", "error"]);
  await page.getByRole("link", { name: "heatmap" }).click();
  await page.getByLabel("across").selectOption("slope");
  await page.getByLabel("down").selectOption("bend");
  await page.getByLabel("metric").selectOption("error");
  await page.getByRole("button", { name: "Show" }).click();
  const heat = page.locator(".heatmap");
  expect(await heat.locator("thead").innerText()).toMatch(/2\s+3\s+5/);
  expect(await heat.locator("tbody tr").first().innerText()).toMatch(/^4\s+none\s+4\.333\s+4\.2/);
  const rows = page.locator("table.data tbody tr");
  await rows.filter({ hasText: "4.333" }).getByRole("checkbox").check();
  await rows.filter({ hasText: "4.2" }).first().getByRole("checkbox").check();
  await page.getByRole("button", { name: "Compare selected" }).click();
  const compared = page.locator("section.picked");
  expect(await compared.innerText()).toMatch(/slope\s+[35]\s+[35] [+-]2[\s\S]*1 equal/);
  expect(await heat.count()).toBe(1);
  await page.reload();
  expect(await compared.count()).toBe(1);
  expect(await seriousFaults(page)).toEqual([]);
  await page.getByRole("link", { name: "Compare their runs" }).click();
  expect(await page.locator("h1").innerText()).toBe("Compare");
  expect(await page.locator(".distributions tbody").innerText()).toMatch(/v integer[\s\S]*0 … (?:297|495)[\s\S]*0 … (?:297|495)/);
  expect(await page.locator(".distributions .overlay").count()).toBe(1);
  expect(await main()).toContain("1 column with equal distributions");
  expect(await seriousFaults(page)).toEqual([]);
  await page.goBack();
  expect(await compared.count()).toBe(1);
  await page.goto(`${server.url}/experiments?plot=parallel&z=nothing&x=%3Cscript%3E&pick=none`);
  expect(await page.locator(".parallel polyline").count()).toBeGreaterThanOrEqual(3);
});
