/// <reference lib="dom" />
import chromium from "@sparticuz/chromium";
import { chromium as playwright, type Page } from "playwright-core";
import type { Comparison } from "../comparison.ts";
import { quantile } from "../figures.ts";
import { under } from "../goals.ts";
import { stepbook } from "../ours.ts";
import { runByAct, servePages } from "../served.ts";
import { run } from "../shell.ts";
import { twentySteps } from "./pages.ts";

/** From the event, by its own time, to the frame in which a real browser has drawn what it changed: one clock for both. */
export const pagesPixel: Comparison = {
  name: "pages-pixel",
  title: "from a step's start to the changed pixel in Chromium, in a run of 20 steps",
  rounds: { full: 5, quick: 2 },
  slow: true,
  async prepare(site) {
    const project = site.project("pages-pixel", twentySteps(100, 100));
    run(stepbook(site, project, "run"));
    const pages = await servePages(site, project);
    const browser = await playwright.launch({
      executablePath: await chromium.executablePath(),
      headless: true,
      args: ["--no-sandbox", "--no-zygote", "--disable-gpu"],
    });
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    await page.goto(pages.url);
    await noteFrames(page);
    let delays: number[] = [];
    const follow = async () => {
      const started = new Map<string, number>();
      await page.evaluate(() => Object.assign(window, { drawn: {} }));
      await runByAct(pages, (event) => event.type === "step.started" && started.set(event.step!, Date.parse(event.at!)));
      const drawn = await page.evaluate(() => (window as unknown as { drawn: Record<string, number> }).drawn);
      delays = [...started].flatMap(([step, at]) => (drawn[step] === undefined ? [] : [drawn[step]! - at]));
      if (delays.length < started.size / 2) throw new Error(`only ${delays.length} of ${started.size} steps were drawn while they ran`);
      return { ms: quantile(delays, 0.5), steps: delays.length };
    };
    return {
      contenders: [
        { name: "median step", role: "ours", turn: follow },
        { name: "slowest step of the same run", role: "ours", turn: () => ({ ms: Math.max(...delays) }) },
      ],
      goals: [under(150, "median step"), under(150, "slowest step of the same run")],
      async finish() {
        await browser.close();
        pages.child.kill();
      },
    };
  },
};

/** Notes when each step is first drawn as running: a task after the frame's callbacks runs when the frame is made. */
async function noteFrames(page: Page): Promise<void> {
  await page.evaluate(() => {
    const times = window as unknown as { drawn: Record<string, number> };
    times.drawn = {};
    new MutationObserver(() => {
      for (const badge of document.querySelectorAll(".cell .badge.s-running")) {
        const step = badge.closest<HTMLElement>(".cell")!.dataset["step"]!;
        if (step in times.drawn) continue;
        times.drawn[step] = Number.NaN;
        requestAnimationFrame(() => setTimeout(() => (times.drawn[step] = Date.now())));
      }
    }).observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true });
  });
}
