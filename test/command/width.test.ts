import { afterAll, beforeAll, expect, test } from "vitest";
import { diff } from "../../src/command/diff.ts";
import { doctor } from "../../src/command/doctor.ts";
import { experiments } from "../../src/command/experiments.ts";
import { gc } from "../../src/command/gc.ts";
import { graph } from "../../src/command/graph.ts";
import type { Io } from "../../src/command/io.ts";
import { models } from "../../src/command/models.ts";
import { plan } from "../../src/command/plan.ts";
import { runs } from "../../src/command/runs.ts";
import { show } from "../../src/command/show.ts";
import { why } from "../../src/command/why.ts";
import { displayWidth } from "../../src/report/width.ts";
import type { TestProject } from "../rig/project.ts";
import { lines, sample, terminal } from "./sample.ts";

let project: TestProject;

beforeAll(async () => {
  project = sample();
  project.write(
    "steps/11_wide.ts",
    `import { sql } from "stepbook";\nexport const wide = await sql\`SELECT ${Array.from({ length: 30 }, (_, i) => `repeat('x', ${i}) AS column_${i}`).join(", ")}\`;\n`,
  );
  expect((await project.run()).code).toBe(0);
  expect((await project.run(["-p", "k=3"])).code).toBe(0);
});
afterAll(() => project.dispose());

const commands: [string, (io: Io) => Promise<number>][] = [
  ["runs", (io) => runs(io, { limit: "20" })],
  ["show last", (io) => show(io, "last", {})],
  ["show step", (io) => show(io, "20_score", {})],
  ["show value", (io) => show(io, "20_score.kinds", {})],
  ["show table", (io) => show(io, "11_wide.wide", {})],
  ["why", (io) => why(io, "20_score", {})],
  ["graph", (io) => graph(io, {})],
  ["diff", (io) => diff(io, "last~1", "last")],
  ["experiments", (io) => experiments(io, { limit: "20", table: "experiments" })],
  ["models", (io) => models(io)],
  ["gc", (io) => gc(io, { keep: "30d", dryRun: true })],
  ["doctor", (io) => doctor(io)],
];

test.each(commands)("%s fits a terminal of 60 columns", async (_, command) => {
  const { io, text } = terminal(project.folder, 60);
  await command(io);
  const wide = text()
    .split("\n")
    .filter((line) => displayWidth(line) > 60);
  expect(wide).toEqual([]);
  expect(text().split("\n").length).toBeGreaterThan(2);
});

const [narrow, usual] = [40, 80];

test.each([
  ["runs", narrow, (io: Io) => runs(io, { limit: "20" })],
  ["models", usual, (io: Io) => models(io)],
  ["models", narrow, (io: Io) => models(io)],
  ["experiments", narrow, (io: Io) => experiments(io, { limit: "20", table: "experiments" })],
] as const)("%s in %i columns shows the ids of runs whole", async (_, columns, command) => {
  const ids = lines((await project.command(["runs", "--json"])).stdout).map(({ run }) => run as string);
  const { io, text } = terminal(project.folder, columns);
  await command(io);
  expect(ids.filter((id) => !text().includes(id))).toEqual([]);
  expect(
    text()
      .split("\n")
      .filter((line) => displayWidth(line) > columns && !ids.some((id) => line.includes(id))),
  ).toEqual([]);
});

test("a plan shows names of steps whole", async () => {
  const { io, text } = terminal(project.folder, 24);
  await plan(io, [], {});
  expect(text()).toContain("step     20_score\nverdict  reuse\n");
  expect(
    text()
      .split("\n")
      .filter((line) => displayWidth(line) > 24),
  ).toEqual([]);
});

test("what does not fit of a wide table is named", async () => {
  const { io, text } = terminal(project.folder, 60);
  await show(io, "11_wide.wide", {});
  expect(text()).toMatch(/… \d+ more columns:[\s\S]*column_29/);
});
