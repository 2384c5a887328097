import { afterAll, beforeAll, expect, test } from "vitest";
import { TestProject } from "../rig/project.ts";
import { ask, served, type Served } from "./rig.ts";

let project: TestProject;
let server: Served;
let run = "";

beforeAll(async () => {
  project = new TestProject({
    "steps/10_long.ts": 'console.log("begin", "€".repeat(50_000), "end");\nexport const a = 1;\n',
    "steps/20_both.ts": 'console.log("x".repeat(70_000));\nconsole.log("last");\nexport const b = 1;\n',
    "steps/30_still.ts": "export const c = 1;\n",
  });
  run = ((await project.run()).events[0] as { run: string }).run;
  server = await served(project);
});
afterAll(async () => {
  await server?.stop();
  project?.dispose();
});

const linesOf = async (step: string) =>
  (JSON.parse((await ask(server.port, "GET", `/api/runs/${run}/steps/${step}/log`)).body) as { lines: string[] }).lines;

test("a last line that is longer than what a page shows is there from where it is cut", async () => {
  const [line, ...others] = await linesOf("10_long");
  expect(others).toEqual([]);
  expect([...new Set(line)].join("")).toBe("…€ end");
  expect([line!.slice(0, 2), line!.slice(-5), line!.length > 20_000]).toEqual(["…€", "€ end", true]);
  expect(await linesOf("20_both")).toEqual(["last"]);
  expect(await linesOf("30_still")).toEqual([]);
  for (const text of [(await ask(server.port, "GET", "/")).body, (await project.command(["report", "-o", "-"])).stdout]) {
    const [long, both, still] = ["10_long", "20_both", "30_still"].map(
      (step) => text.split(`<section class="cell" id="step-${step}"`)[1]!.split("</section>")[0]!,
    );
    expect(/<span class="line">…€€€/.test(long!) && /€€€ end\n<\/span>/.test(long!)).toBe(true);
    expect(both).toContain('<span class="line">last');
    expect(still).not.toContain('class="log"');
  }
});
