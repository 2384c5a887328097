import { createRequire } from "node:module";
import path from "node:path";
import type { Comparison } from "../comparison.ts";
import { getTime, residentMb, runByAct, servePages, watchPage, type Pages } from "../served.ts";
import { atMost, under } from "../goals.ts";
import { stepbook } from "../ours.ts";
import { run } from "../shell.ts";
import type { Site } from "../site.ts";

const viewers = 50;

/** Twenty steps in a row of four, with prose and a table each; the last table has a million rows. */
export function twentySteps(rows: number, wait = 0): Record<string, string> {
  const files = Array.from({ length: 20 }, (_, n): [string, string] => {
    const before = n === 0 ? "" : `import { rows as before } from "./${9 + n}_step.ts";\n`;
    const size = n === 19 ? rows : 100;
    const pause = wait > 0 ? `await new Promise((resolve) => setTimeout(resolve, ${wait}));\n` : "";
    return [
      `steps/${10 + n}_step.ts`,
      `/** # Step ${n}\n *  A **step** of twenty. */\nimport { sql } from "stepbook";\n${before}${pause}console.log("rows", ${n === 0 ? 0 : "before.count"});\nexport const rows = await sql\`SELECT range AS id, range % 7 / 2.0 AS part, 'w' || range % 5 AS word FROM range(${size})\`;\n`,
    ];
  });
  return Object.fromEntries(files);
}

const ours = (name: string, turn: () => Promise<{ ms: number; mb?: number; steps?: number }>) => ({ name, role: "ours" as const, turn });

export const pagesServer: Comparison = {
  name: "pages-server",
  title: "the pages' server: notebook of 20 steps, grid of 10,000 runs × 100 steps, a page of a table of 1 M rows",
  rounds: { full: 30, quick: 8 },
  slow: true,
  async prepare(site) {
    const project = site.project("pages-server", twentySteps(1_000_000));
    run(stepbook(site, project, "run"));
    const big = site.project("pages-grid", { "steps/10_one.ts": "export const one = 1;\n" });
    run(stepbook(site, big, "run"));
    fillRuns(site, big);
    const [small, grid] = [await servePages(site, project), await servePages(site, big)];
    const get = (pages: Pages, address: string) => async () => ({ ms: await getTime(`${pages.url}${address}`) });
    const table = `/records/20/tables/rows`;
    // What is read once (the graph, the distributions) is read before.
    for (const address of ["/", table]) await getTime(`${small.url}${address}`);
    let turn = 0;
    return {
      contenders: [
        ours("notebook, 20 steps", get(small, "/")),
        ours("grid, 10,000 runs × 100 steps", async () => get(grid, `/runs?offset=${50 * turn++}`)()),
        ours("table page, 1 M rows", async () => get(small, `${table}?offset=${10_000 * turn}`)()),
        ours("table page, 1 M rows, sorted", async () => get(small, `${table}?sort=1&down=1&offset=${10 * turn}`)()),
      ],
      goals: ["notebook, 20 steps", "grid, 10,000 runs × 100 steps", "table page, 1 M rows"].map((name) => under(100, name)),
      finish: () => [small, grid].forEach(({ child }) => child.kill()),
    };
  },
};

function fillRuns(site: Site, project: string): void {
  const Database = createRequire(path.join(site.root, "package.json"))("better-sqlite3") as new (file: string) => {
    prepare(sql: string): { run(...values: unknown[]): void };
    transaction(work: () => void): () => void;
    close(): void;
  };
  const db = new Database(path.join(project, ".stepbook", "state.db"));
  const insertRun = db.prepare(
    "INSERT INTO runs (id, trigger, logical_date, started_at, finished_at, status, params) VALUES (?, 'cron', ?, ?, ?, 'succeeded', '{}')",
  );
  const insertStep = db.prepare(
    "INSERT INTO run_steps (run, step, status, reason, ms, attempts) VALUES (?, ?, ?, 'nothing changed', 12, 1)",
  );
  db.transaction(() => {
    for (let n = 0; n < 10_000; n++) {
      const at = new Date(Date.UTC(2020, 0, 1) + n * 3_600_000).toISOString();
      const id = `${at.replace(/[-:]/g, "").replace("T", "-").slice(0, 15)}-${n.toString(16).padStart(6, "0")}`;
      insertRun.run(id, at, at, at);
      for (let step = 0; step < 100; step++)
        insertStep.run(id, `${10 + step}_step`, (n + step) % 9 === 0 ? "failed" : step % 3 === 0 ? "ran" : "cached");
    }
  })();
  db.close();
}

export const pagesLoad: Comparison = {
  name: "pages-load",
  title: "first load of the notebook of 20 steps (memory: MB of answers, undecoded; steps: requests). Airflow 3.3.2: 33 requests, 6.98 MB",
  rounds: { full: 5, quick: 2 },
  slow: true,
  async prepare(site) {
    const project = site.project("pages-load", twentySteps(100));
    run(stepbook(site, project, "run"));
    const pages = await servePages(site, project);
    return {
      contenders: [ours("first load", () => firstLoad(pages.url))],
      goals: [under(0.5, "first load", "mb")],
      finish: () => void pages.child.kill(),
    };
  },
};

/** The page, what it names, and its tables: all of them, though a browser asks only for those in view; and the stream. */
async function firstLoad(url: string): Promise<{ ms: number; mb: number; steps: number }> {
  const begin = performance.now();
  const html = await (await fetch(url)).text();
  const named = [...html.matchAll(/(?:src|data-load)="(\/[^"]+)"|<link[^>]+href="(\/[^"]+)"/g)].map((match) => match[1] ?? match[2]!);
  const sizes = await Promise.all(
    [...new Set(named)].map(async (address) => (await (await fetch(url + address)).arrayBuffer()).byteLength),
  );
  return { ms: performance.now() - begin, mb: (html.length + sizes.reduce((a, b) => a + b, 0)) / 1e6, steps: sizes.length + 2 };
}

/**
 * What viewers cost the run: the server's work for them, on the machine and in the process where the run goes on. Their browsers are
 * elsewhere, so viewers here only drain what they are sent (`watchPage`); what that takes on this machine counts against us all the same.
 */
export const pagesViewers: Comparison = {
  name: "pages-viewers",
  title: `a run of 20 steps of 100 ms, with ${viewers} viewers and without (memory: of the server)`,
  rounds: { full: 8, quick: 3 },
  slow: true,
  async prepare(site) {
    const project = site.project("pages-viewers", twentySteps(100, 100));
    run(stepbook(site, project, "run"));
    const pages = await servePages(site, project);
    await getTime(pages.url);
    const turn = async (count: number) => {
      const ends = await Promise.all(Array.from({ length: count }, () => watchPage(pages.url)));
      const begin = performance.now();
      await runByAct(pages);
      const ms = performance.now() - begin;
      const mb = residentMb(pages.child.pid!);
      for (const end of ends) end();
      return { ms, mb };
    };
    return {
      contenders: [{ name: "nobody watches", role: "floor", turn: () => turn(0) }, ours(`${viewers} viewers`, () => turn(viewers))],
      goals: [atMost(1.03, `${viewers} viewers`, "nobody watches")],
      finish: () => void pages.child.kill(),
    };
  },
};
