/// <reference lib="dom" />
/** Pictures of every page over the pipeline that ships, after runs that really were: `npx tsx test/serve/screenshots.ts [folder] [--states]`. */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Page } from "playwright-core";
import { built, root, setup, teardown } from "../rig/build.ts";
import { finished, type TestProject } from "../rig/project.ts";
import { shippedPipeline } from "../rig/shipped.ts";
import { everyState, launch, served, watchedPage } from "./rig.ts";

const words = process.argv.slice(2).filter((word) => !word.startsWith("-"));
const states = process.argv.includes("--states");
const folder = path.resolve(words[0] ?? path.join(root, "docs", "screenshots"));
const looks = [
  ["light", 1280],
  ["dark", 1280],
  ["light", 390],
  ["dark", 390],
] as const;
/** Those that are kept in the repository. */
const kept = new Set(["light 1280", "dark 390"]);
const day = 86_400_000;

const picked = process.argv
  .find((word) => word.startsWith("--only="))
  ?.slice(7)
  .split(",");

/** What an author does in an afternoon: a search over two params, twice; and a schedule that caught up. */
async function shipped(): Promise<TestProject> {
  const project = shippedPipeline(path.join(mkdtempSync(path.join(tmpdir(), "stepbook-shots-")), "breast-cancer"));
  project.write(
    "schedule.mjs",
    `import { schedule } from ${JSON.stringify(path.join(built, "schedule.js"))};\nawait schedule({ train: { cron: "@daily" } });\n`,
  );
  for (const folds of [3, 4, 5])
    for (const components of [4, 8, 16, 30]) await project.run(["-p", `cv_folds=${folds}`, "-p", `max_pca_components=${components}`]);
  await finished(spawn(process.execPath, [project.path("schedule.mjs"), "--once"], { cwd: project.folder, stdio: "ignore" }));
  const date = (ago: number) => new Date(Date.now() - ago * day).toISOString().slice(0, 10);
  await project.command(["backfill", "--from", date(12), "--to", date(4)]);
  // A day on which the data was not there, and days on which it was again.
  const data = project.read("data/dataset.csv");
  project.remove("data/dataset.csv");
  await project.command(["backfill", "--from", date(3), "--to", date(3)]);
  project.write("data/dataset.csv", data);
  await project.command(["backfill", "--from", date(2), "--to", date(1)]);
  await project.command(["models", "alias", "breast-cancer@candidate", "v2"]);
  await project.command(["models", "alias", "breast-cancer@production", "v1"]);
  await project.run(["-p", "cv_folds=5"]);
  await project.run([]);
  return project;
}

async function withEveryState(): Promise<TestProject> {
  const project = everyState();
  for (const pause of ["2", "1"]) await project.run(["--keep-going", "-p", `pause=${pause}`]);
  return project;
}

async function runIds(project: TestProject): Promise<string[]> {
  return (await project.command(["runs", "--json"])).stdout
    .split("\n")
    .filter(Boolean)
    .map((line) => (JSON.parse(line) as { run: string }).run);
}

async function shoot(project: TestProject): Promise<void> {
  const server = await served(project);
  const browser = await launch();
  const [last, before] = (await runIds(project)) as [string, string];
  const model = states ? "tiny" : "breast-cancer";
  const pages: Record<string, string> = {
    notebook: "/",
    graph: "/graph",
    runs: "/runs",
    run: `/runs/${last}`,
    compare: `/compare?before=${before}&after=${last}`,
    experiments: "/experiments?plot=parallel",
    scatter: "/experiments",
    heatmap: "/experiments?plot=heatmap&x=max_pca_components&y=cv_folds",
    model: `/models/${model}`,
    models: "/models",
    schedule: "/schedule",
    new: "/new",
    find: "/runs",
  };
  try {
    for (const [scheme, width] of looks) {
      const page = await watchedPage(browser, server, [], width, scheme);
      for (const [name, address] of Object.entries(pages)) {
        if (picked && !picked.includes(name)) continue;
        await page.goto(server.url + address);
        if (name === "find") await find(page);
        await settled(page);
        if (states || (kept.has(`${scheme} ${width}`) && name !== "scatter" && name !== "models"))
          await page.screenshot({ path: path.join(folder, `${name}-${scheme}-${width}.png`), fullPage: states });
      }
      await page.context().close();
    }
  } finally {
    await browser.close();
    await server.stop();
  }
}

async function find(page: Page): Promise<void> {
  await page.keyboard.press("/");
  await page.keyboard.type("tune");
  await page.locator("#found li").first().waitFor();
}

/** Tables and images that are in view have come. */
async function settled(page: Page): Promise<void> {
  await page.waitForTimeout(400);
  await page.waitForFunction(
    () =>
      [...document.querySelectorAll("[data-loaded]")].every((box) => box.querySelector("form") !== null) &&
      [...document.images].every((image) => image.complete || image.loading === "lazy"),
  );
}

await setup();
const project = states ? await withEveryState() : await shipped();
try {
  mkdirSync(folder, { recursive: true });
  await shoot(project);
} finally {
  project.dispose();
  teardown();
}
