/// <reference lib="dom" />
import { spawn } from "node:child_process";
import path from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { built } from "../rig/build.ts";
import { finished, TestProject } from "../rig/project.ts";
import { close, launch, seriousFaults, served, type Served, watchedPage } from "./rig.ts";

const wrong: string[] = [];
let project: TestProject;
let server: Served;
let browser: Browser;

const step = "10_a_step_whose_name_says_all_that_it_does_in_sixty_letters_xyz";
const value = `${"q".repeat(140)} שלום עולם ${"🙂".repeat(20)}${"z".repeat(120)}`;
const message = `it is broken ${"for a reason ".repeat(200)}${"y".repeat(2500)}`;

beforeAll(async () => {
  project = new TestProject({
    "experiments.sql":
      "CREATE TABLE IF NOT EXISTS experiments (experiment_id text PRIMARY KEY, experiment_datetime timestamptz, a_metric_with_a_name_that_does_not_end_soon_for_a_telephone double precision, note text);\n",
    [`steps/${step}.ts`]: `/** # A title ${"with many words ".repeat(12)}\n *\n * ${"x".repeat(200)}\n */
import { param, record, saveModel, sql } from "stepbook";
export const prompt = param("prompt", "short", { doc: "a long one" });
export const wide = await sql\`SELECT ${Array.from({ length: 200 }, (_, index) => `range AS column_number_${index}`).join(", ")} FROM range(30)\`;
record("experiments", { a_metric_with_a_name_that_does_not_end_soon_for_a_telephone: prompt.length, note: prompt });
saveModel("line", { slope: 1 }, { metrics: { a_metric_with_a_name_that_does_not_end_soon_for_a_telephone: 0.5 }, params: { prompt } });
`,
    "steps/20_fails.ts": `import { wide } from "./${step}.ts";\nif (wide.count > 0) throw new Error(${JSON.stringify(message)});\nexport const never = 1;\n`,
    "schedule.mjs": `import { schedule } from ${JSON.stringify(path.join(built, "schedule.js"))};\nawait schedule({ train: { cron: "@daily", params: { prompt: ${JSON.stringify(value)} } } });\n`,
  });
  for (const prompt of [value, "short"]) expect((await project.run(["-p", `prompt=${prompt}`])).code).toBe(1);
  await finished(
    spawn(process.execPath, [project.path("schedule.mjs"), "--once", "--no-ui"], {
      cwd: project.folder,
      stdio: ["ignore", "pipe", "pipe"],
    }),
  );
  [server, browser] = await Promise.all([served(project), launch()]);
});
afterEach(() => expect(wrong.splice(0)).toEqual([]));
afterAll(() => close(browser, server, project));

test.each([360, 768, 1280])("%i px wide, no page is wider than its window, however long a name, a value or a message is", async (width) => {
  const page = await watchedPage(browser, server, wrong, width);
  const { runs } = (await (await fetch(`${server.url}/api/runs`)).json()) as { runs: { run: string }[] };
  const [last, first] = runs.map(({ run }) => run);
  const addresses = ["/", "/graph", "/runs", `/runs/${last}`, `/runs/${first}`, `/compare?before=${first}&after=${last}`, "/new"];
  for (const address of [...addresses, "/experiments", "/models", "/models/line", "/schedule"]) {
    await page.goto(server.url + address);
    await page.waitForFunction(() => [...document.querySelectorAll("[data-loaded]")].every((box) => box.querySelector("form") !== null));
    const [needed, has] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
    expect({ address, width: needed }).toEqual({ address, width: has });
  }
  await page.context().close();
});

test("of a message of many lines the beginning stands above the code, and all of it is there to unfold", async () => {
  const page = await watchedPage(browser, server, wrong, 360);
  await page.goto(server.url);
  const failure = page.locator("#step-20_fails .failure");
  expect((await failure.locator("strong").innerText()).length).toBeLessThan(1100);
  await failure.getByText("All of the message").click();
  expect(await failure.locator("pre.text").first().innerText()).toContain(message);
  expect(await seriousFaults(page)).toEqual([]);
  await page.context().close();
});

test("what is compared is there in full", async () => {
  const page = await watchedPage(browser, server, wrong, 1280);
  const { runs } = (await (await fetch(`${server.url}/api/runs`)).json()) as { runs: { run: string }[] };
  await page.goto(`${server.url}/compare?before=${runs[1]!.run}&after=${runs[0]!.run}`);
  const cell = page.getByRole("region", { name: "Params" }).locator("td").nth(1);
  expect(await cell.evaluate((each) => [each.scrollWidth, each.scrollHeight])).toEqual(
    await cell.evaluate((each) => [each.clientWidth, each.clientHeight]),
  );
  await page.context().close();
});
