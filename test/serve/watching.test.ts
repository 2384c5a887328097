/// <reference lib="dom" />
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { built } from "../rig/build.ts";
import { TestProject } from "../rig/project.ts";
import { close, launch, served, type Served, watchedPage } from "./rig.ts";

/** What is done each minute is done at once. */
const hasty = {
  NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent("const every = setInterval; globalThis.setInterval = (work, ms, ...rest) => every(work, ms === 60_000 ? 300 : ms, ...rest);")}`,
};

const wrong: string[] = [];
const children: ChildProcess[] = [];
let project: TestProject;
let server: Served;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  project = new TestProject({
    "data/in.txt": "one",
    "steps/10_read.ts": 'import { readFileSync } from "node:fs";\nexport const text = readFileSync("data/in.txt", "utf8");\n',
    "steps/20_gate.ts":
      'import { existsSync } from "node:fs";\nimport { text } from "./10_read.ts";\nexport const config = { cache: false };\nwhile (!existsSync("go")) await new Promise((resolve) => setTimeout(resolve, 20));\nexport const seen = text;\n',
    "steps/30_model.ts": 'import { saveModel } from "stepbook";\nsaveModel("line", { slope: 2 });\n',
    "schedule.mjs": `import { schedule } from ${JSON.stringify(path.join(built, "schedule.js"))};\nawait schedule({ train: { cron: "0 0 1 1 *" } });\n`,
    go: "",
  });
  expect((await project.run([], { env: hasty })).code).toBe(0);
  [server, browser] = await Promise.all([served(project), launch()]);
  page = await watchedPage(browser, server, wrong, 1280);
});
afterEach(() => expect(wrong.splice(0)).toEqual([]));
afterAll(async () => {
  for (const child of children) child.kill("SIGKILL");
  await close(browser, server, project);
});

async function killed(child: ChildProcess): Promise<void> {
  const gone = once(child, "exit");
  child.kill("SIGKILL");
  await gone;
}

function scheduler(): ChildProcess {
  const child = spawn(process.execPath, [project.path("schedule.mjs"), "--no-ui"], {
    cwd: project.folder,
    stdio: ["ignore", "pipe", "pipe"],
  });
  children.push(child);
  return child;
}

test("a run whose runner is killed goes on no more on a page that is open", async () => {
  project.remove("go");
  await page.goto(server.url);
  const child = project.start(["run"]);
  children.push(child);
  await expect.poll(() => page.locator("#step-20_gate .badge").innerText()).toContain("running");
  await killed(child);
  await expect.poll(() => page.locator("#run-head").innerText()).toContain("interrupted");
  project.write("go", "");
});

test("that the scheduler is killed is seen on a page that is open", async () => {
  await page.goto(`${server.url}/schedule`);
  // Also of one that lived for less than there is between two looks, after another one that died.
  for (let time = 0; time < 2; time++) {
    const child = scheduler();
    await expect.poll(() => page.locator("main").innerText()).toContain(`Kept by process ${child.pid}`);
    await killed(child);
    await expect.poll(() => page.locator("main").innerText()).toContain("The scheduler has died");
  }
});

test("once a minute an open page shows what no other look tells: data that changed, and how late it is", async () => {
  const quick = await served(project, [], hasty);
  const other = await watchedPage(browser, quick, wrong, 1280);
  const child = scheduler();
  try {
    expect((await project.run([], { env: hasty })).code).toBe(0);
    await other.goto(quick.url);
    await other.evaluate(() => Object.assign(window, { unbroken: true }));
    const badge = () => other.locator("#step-10_read .badge").innerText();
    expect(await badge()).toContain("reused");
    project.write("data/in.txt", "other");
    await expect.poll(badge).toContain("stale");
    project.write("data/in.txt", "one");
    await expect.poll(badge).toContain("reused");
    expect(await other.evaluate(() => "unbroken" in window)).toBe(true);
    await other.goto(`${quick.url}/schedule`);
    const kept = () =>
      other
        .locator("main")
        .innerText()
        .then((text) => /Kept by .*/.exec(text)?.[0] ?? "");
    await expect.poll(kept).toContain(`process ${child.pid}`);
    const before = await kept();
    await expect.poll(kept).not.toBe(before);
  } finally {
    await other.context().close();
    await killed(child);
    await quick.stop();
  }
});

test("an alias that the command moves is seen on a page that is open", async () => {
  await page.goto(`${server.url}/models`);
  const card = () => page.locator(".card").innerText();
  expect(await card()).not.toContain("production");
  expect((await project.command(["models", "alias", "line@production", "v1"])).code).toBe(0);
  await expect.poll(card).toContain("production v1");
  expect((await project.command(["models", "alias", "line@production", "--remove"])).code).toBe(0);
  await expect.poll(card).not.toContain("production");
});

test("a pause by another process is seen on a page that is open, also while a run of this server goes on", async () => {
  const child = scheduler();
  const other = await watchedPage(browser, server, wrong, 1280);
  try {
    await other.goto(`${server.url}/schedule`);
    await expect.poll(() => other.locator("main").innerText()).toContain(`Kept by process ${child.pid}`);
    await killed(child);
    project.remove("go");
    const started = await fetch(`${server.url}/api/runs`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-stepbook-token": server.token, origin: server.url },
      body: "{}",
    });
    expect(started.status).toBe(202);
    await other.getByRole("button", { name: "Cancel" }).waitFor();
    expect((await project.command(["slots", "pause"])).code).toBe(0);
    await expect.poll(() => other.locator(".schedule").innerText()).toContain("paused since");
    expect((await project.command(["slots", "resume"])).code).toBe(0);
    await expect.poll(() => other.locator(".schedule").innerText()).not.toContain("paused since");
    await expect.poll(() => other.getByRole("button", { name: "Cancel" }).count()).toBe(1);
  } finally {
    project.write("go", "");
    await other.context().close();
  }
});

test("how a run begins and ends is said to who cannot see the page", async () => {
  project.remove("go");
  await page.goto(server.url);
  const news = () => page.locator("#news[role=status]").textContent();
  // How the run of the test before has ended may be said just now.
  const child = project.start(["run"]);
  children.push(child);
  const ended = once(child, "exit");
  await expect.poll(news).toBe("A run goes on.");
  project.write("go", "");
  await ended;
  await expect.poll(news).toBe("The run has succeeded.");
});
