/// <reference lib="dom" />
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { createRequire } from "node:module";
import { connect } from "node:net";
import chromium from "@sparticuz/chromium";
import { type Browser, chromium as playwright, type Page } from "playwright-core";
import { cookieName } from "../../src/serve/guard.ts";
import { TestProject } from "../rig/project.ts";

/** A pipeline with every state in it: done, retried, failed, skipped, slow; and hostile text wherever text goes. */
export function everyState(): TestProject {
  return new TestProject({
    "experiments.sql":
      "CREATE TABLE IF NOT EXISTS experiments (experiment_id text PRIMARY KEY, experiment_datetime timestamptz, pause integer, score double precision, note text);\n",
    "lib/parse.ts":
      'export function parse(text: string): number {\n  const value = Number(text);\n  if (Number.isNaN(value)) throw new TypeError(`"${text}" is not a number <img src=x onerror=alert(1)>`);\n  return value;\n}\n',
    "steps/10_load.ts": `/** # Load <img src=x onerror=alert(1)>
 *  A **small** table. <script>alert(1)</script> [bad](javascript:alert(1)) ![pixel](https://example.org/x.png)
 */
import { display, sql } from "stepbook";
export const rows = await sql\`SELECT range AS id, range * 1.5 AS score, CASE WHEN range % 7 = 0 THEN NULL ELSE '<img src=x onerror=alert(1)>' || range END AS "<svg onload=alert(1)>", range % 3 = 0 AS third FROM range(5000)\`;
display({ "image/svg+xml": '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40"><script>alert(1)</script><rect width="40" height="40" fill="teal"/></svg>' });
display({ "text/html": "<p onclick='alert(1)'>framed</p>" });
display({ "text/html": "<p id='moved'>still</p><img src='https://example.org/x.png'><script>document.getElementById('moved').textContent = 'moved, origin ' + origin; try { parent.document.title = 'taken'; } catch { document.body.append(' kept out'); } fetch('/api/runs', { method: 'POST' }).catch(() => document.body.append(' no network'));</script>" });
display({ "application/vnd.vegalite.v5+json": { mark: "bar", data: { values: [{ a: "<img src=x onerror=alert(1)>" }] } } });
display({ "text/markdown": "**bold** <script>alert(1)</script>" });
export const hostile = { "<b>key</b>": "</script><script>alert(1)</script>" };
console.log("loaded \\u001b[31m<img src=x onerror=alert(1)>\\u001b[0m \\u001b]0;title\\u0007 done");
`,
    "steps/20_flaky.ts": `import { existsSync, writeFileSync } from "node:fs";
import { rows } from "./10_load.ts";
export const config = { retries: 2, retryDelay: "50ms" };
if (!existsSync("mark")) { writeFileSync("mark", ""); throw new Error("try again"); }
export const count = rows.count;
`,
    "steps/30_broken.ts":
      'import { parse } from "../lib/parse.ts";\nimport { rows } from "./10_load.ts";\nconsole.log("parsing", rows.count);\nexport const parsed = ["1", "two"].map(parse);\n',
    "steps/40_after.ts": 'import { parsed } from "./30_broken.ts";\nexport const sum = parsed.length;\n',
    "steps/50_slow.ts": `/** # Slow */
import { param, record, saveModel, track } from "stepbook";
import { rows } from "./10_load.ts";
const pause = param("pause", 1, { doc: "ms for each item <b>bold</b>" });
let done = rows.count * 0;
for (const _ of track(Array.from({ length: 50 }), "items")) { await new Promise((resolve) => setTimeout(resolve, pause)); done++; console.log("item", done); }
export const items = done;
record("experiments", { pause, score: done / 50, note: "=1+1 <script>alert(1)</script>" });
saveModel("tiny", { weights: [1, 2] }, { doc: "a <i>tiny</i> model", metrics: { score: 0.5 } });
`,
  });
}

export interface Served {
  readonly url: string;
  readonly port: number;
  readonly token: string;
  stop(): Promise<number | null>;
}

/** Starts `ui` as a user does, on a free port. */
export async function served(project: TestProject, words: readonly string[] = [], env: NodeJS.ProcessEnv = {}): Promise<Served> {
  const child = project.start(["ui", "--port", "0", "--json", ...words], { env });
  let text = "";
  let errors = "";
  child.stderr!.on("data", (chunk: Buffer) => (errors += chunk.toString()));
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout!.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      if (text.includes("\n")) resolve((JSON.parse(text.split("\n")[0]!) as { url: string }).url);
    });
    child.once("close", () => reject(new Error(`ui ended: ${errors}`)));
  });
  return {
    url: new URL(url).origin,
    port: Number(new URL(url).port),
    token: project.read(".stepbook/ui-token").trim(),
    async stop() {
      const ended = once(child, "close");
      child.kill("SIGTERM");
      const [code] = (await ended) as [number | null];
      return code;
    },
  };
}

export function launch(): Promise<Browser> {
  // Not the package's own arguments: they switch off the browser's web security, which is what is tested.
  return chromium
    .executablePath()
    .then((executablePath) =>
      playwright.launch({ executablePath, headless: true, args: ["--no-sandbox", "--no-zygote", "--disable-gpu"] }),
    );
}

/** A page whose every error, and every request to another host, is noted. */
export async function watchedPage(
  browser: Browser,
  server: Served,
  wrong: string[],
  width: number,
  colorScheme: "light" | "dark" = "light",
): Promise<Page> {
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme });
  // As from the printed address.
  await context.addCookies([{ name: cookieName(server.token), value: server.token, url: server.url }]);
  const page = await context.newPage();
  page.on("pageerror", (error) => wrong.push(error.message));
  page.on("console", (message) => {
    // The browser says that a figure may run no script: that is what the frame is for.
    if (
      message.type() === "error" &&
      !/sandboxed|Content Security Policy directive: "(?:img-src data:|default-src 'none')|violates the document's Content Security Policy/.test(
        message.text(),
      )
    )
      wrong.push(message.text());
  });
  page.on("request", (request) => {
    // What a frame asked for and was refused never left the browser.
    if (request.frame() !== page.mainFrame()) return;
    if (!request.url().startsWith(server.url) && !request.url().startsWith("data:")) wrong.push(`asked ${request.url()}`);
  });
  page.on("dialog", (dialog) => {
    wrong.push(`dialog ${dialog.message()}`);
    void dialog.dismiss();
  });
  return page;
}

export interface Opened {
  readonly server: Served;
  readonly browser: Browser;
  readonly page: Page;
}

/** The project's pages as a browser shows them that notes what goes wrong. */
export async function open(project: TestProject, wrong: string[]): Promise<Opened> {
  const server = await served(project);
  const browser = await launch();
  return { server, browser, page: await watchedPage(browser, server, wrong, 1280) };
}

/** However far the opening came. */
export async function close(browser: Browser | undefined, server: Served | undefined, project: TestProject | undefined): Promise<void> {
  await browser?.close();
  await server?.stop();
  project?.dispose();
}

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What axe finds that is serious or worse. Run by the debugger's way in, which the page's policy does not bind. */
export async function seriousFaults(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  return page.evaluate(async () => {
    const { violations } = await (
      window as unknown as {
        axe: { run(options: object): Promise<{ violations: { id: string; impact: string; nodes: { html: string }[] }[] }> };
      }
    ).axe.run({ iframes: false });
    return violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(
        ({ id, nodes }) =>
          `${id}: ${nodes
            .slice(0, 2)
            .map((node) => node.html.slice(0, 160))
            .join(" | ")}`,
      );
  });
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** A request with exactly these headers. */
export function ask(port: number, method: string, path: string, headers: Record<string, string> = {}, body?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest(
      {
        host: "127.0.0.1",
        port,
        method,
        path,
        headers: {
          host: `127.0.0.1:${port}`,
          ...(body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) }),
          ...headers,
        },
      },
      (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => {
          text += chunk;
          // An event stream never ends: its head is enough.
          if (String(response.headers["content-type"]).startsWith("text/event-stream")) {
            resolve({ status: response.statusCode!, headers: response.headers, body: text });
            sent.destroy();
          }
        });
        response.on("end", () => resolve({ status: response.statusCode!, headers: response.headers, body: text }));
      },
    );
    sent.on("error", reject);
    sent.end(body);
  });
}

/** Bytes as they are; what comes back until the connection ends. */
export function raw(port: number, text: string, host = "127.0.0.1"): Promise<string> {
  return new Promise((resolve) => {
    let answer = "";
    const socket = connect(port, host, () => socket.write(text));
    socket.setTimeout(3000, () => socket.destroy());
    socket.on("data", (chunk) => (answer += chunk.toString()));
    socket.on("error", () => {});
    socket.on("close", () => resolve(answer));
  });
}
