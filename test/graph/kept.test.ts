/** Ways to make a kept graph stale: what is read after the change is what is read without anything kept. */
import { mkdirSync, readFileSync, renameSync, statSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { toFailure } from "../../src/errors.ts";
import { readGraph, readKeptGraph } from "../../src/graph/graph.ts";
import { racyMs } from "../../src/store/files.ts";
import { TestProject } from "../rig/project.ts";

interface Attack {
  readonly files?: Readonly<Record<string, string>>;
  readonly before?: (project: TestProject) => void;
  readonly change: (project: TestProject) => void;
  /** The graph stays what it was. */
  readonly harmless?: true;
}

const importing = (specifier: string) => ({ "steps/10_a.ts": `import { x } from "${specifier}";\nexport const a = x;\n` });
const x = (value: number) => `export const x = [${value}];\n`;
const paths = (map: Readonly<Record<string, string[]>>, more: object = {}) => JSON.stringify({ ...more, compilerOptions: { paths: map } });

/** A step that imports a package of its workspace, written in TypeScript, which has a dependency that the project has too. */
const workspace = {
  ...importing("@us/x"),
  "packages/x/package.json": '{ "name": "@us/x", "exports": "./x.ts" }',
  "packages/x/x.ts": 'import { d } from "dep";\nexport const x = d;\n',
  "packages/x/y.ts": x(2),
  "packages/x/node_modules/dep/package.json": '{ "name": "dep", "main": "i.js" }',
  "packages/x/node_modules/dep/i.js": "exports.d = 1;\n",
  "packages/x/node_modules/dep/j.js": "exports.d = 2;\n",
  "packages/y/package.json": '{ "name": "@us/x", "main": "y.ts" }',
  "packages/y/y.ts": x(3),
  "node_modules/dep/package.json": '{ "name": "dep" }',
  "node_modules/@us/.keep": "",
};
const us = (target: string) => (project: TestProject) => {
  project.remove("node_modules/@us/x");
  symlinkSync(target, project.path("node_modules/@us/x"));
};

const attacks: Readonly<Record<string, Attack>> = {
  "a helper edited to the same size, its time restored": {
    files: { ...importing("../lib/x.ts"), "lib/x.ts": x(1) },
    change: (project) => {
      const { atime, mtime } = statSync(project.path("lib/x.ts"));
      project.write("lib/x.ts", x(2));
      utimesSync(project.path("lib/x.ts"), atime, mtime);
    },
  },
  "a helper edited, its time set back to 1970": {
    files: { ...importing("../lib/x.ts"), "lib/x.ts": x(1) },
    change: (project) => {
      project.write("lib/x.ts", x(2));
      utimesSync(project.path("lib/x.ts"), 0, 0);
    },
  },
  "a helper that is imported twice, by queries of its path": {
    files: {
      "steps/10_a.ts": 'export const a = [(await import("../lib/x.ts?1")).x, (await import("../lib/x.ts?2#3")).x];\n',
      "lib/x.ts": x(1),
    },
    change: (project) => project.write("lib/x.ts", x(2)),
  },
  "an older file moved into a helper's place": {
    files: { ...importing("../lib/x.ts"), "old/x.ts": x(2), "lib/x.ts": x(1) },
    change: (project) => renameSync(project.path("old/x.ts"), project.path("lib/x.ts")),
  },
  "a file before the folder of the same name": {
    files: { ...importing("../lib/x"), "lib/x/index.ts": x(1) },
    change: (project) => project.write("lib/x.ts", x(2)),
  },
  "an extension that is tried earlier": {
    files: { ...importing("../lib/x"), "lib/x.js": x(1) },
    change: (project) => project.write("lib/x.ts", x(2)),
  },
  "the TypeScript of what is imported as JavaScript": {
    files: { ...importing("../lib/x.js"), "lib/x.js": x(1) },
    change: (project) => project.write("lib/x.ts", x(2)),
  },
  "the TypeScript of what is imported as JavaScript goes": {
    files: { ...importing("../lib/x.js"), "lib/x.js": x(1), "lib/x.ts": x(2) },
    change: (project) => project.remove("lib/x.ts"),
  },
  "a main that a folder's package.json names": {
    files: { ...importing("../lib/x"), "lib/x/index.ts": x(1), "lib/x/other.ts": x(2) },
    change: (project) => project.write("lib/x/package.json", '{ "main": "./other.ts" }'),
  },
  "a helper replaced by a folder": {
    files: { ...importing("../lib/x.ts"), "lib/x.ts": x(1) },
    change: (project) => {
      project.remove("lib/x.ts");
      project.write("lib/x.ts/index.ts", x(2));
    },
  },
  "a helper renamed by case alone": {
    files: { ...importing("../lib/Help.ts"), "lib/Help.ts": x(1) },
    change: (project) => renameSync(project.path("lib/Help.ts"), project.path("lib/help.ts")),
  },
  "a workspace's package names another file": {
    files: workspace,
    before: us("../../packages/x"),
    change: (project) => project.edit("packages/x/package.json", "x.ts", "y.ts"),
  },
  "a workspace's link leads to another package": { files: workspace, before: us("../../packages/x"), change: us("../../packages/y") },
  "a workspace's package is installed": {
    files: workspace,
    before: us("../../packages/x"),
    change: (project) => {
      project.remove("node_modules/@us/x");
      project.write("node_modules/@us/x/package.json", '{ "name": "@us/x" }');
    },
  },
  "an installed package is linked": {
    files: { ...workspace, "node_modules/@us/x/package.json": '{ "name": "@us/x" }' },
    change: us("../../packages/x"),
  },
  "a package beside the steps": {
    files: workspace,
    before: us("../../packages/x"),
    change: (project) => project.write("steps/node_modules/@us/x/package.json", '{ "name": "@us/x" }'),
  },
  "a dependency of a workspace's package names another file": {
    files: workspace,
    before: us("../../packages/x"),
    change: (project) => project.edit("packages/x/node_modules/dep/package.json", "i.js", "j.js"),
  },
  "a dependency of a workspace's package goes": {
    files: workspace,
    before: us("../../packages/x"),
    change: (project) => project.remove("packages/x/node_modules/dep"),
  },
  "a dependency of a workspace's package comes": {
    files: {
      ...workspace,
      "packages/x/x.ts": 'import { e } from "other";\nexport const x = e;\n',
      "node_modules/other/package.json": '{ "name": "other" }',
    },
    before: us("../../packages/x"),
    change: (project) => {
      project.write("packages/x/node_modules/other/package.json", '{ "name": "other", "main": "i.js" }');
      project.write("packages/x/node_modules/other/i.js", "exports.e = 1;\n");
    },
  },
  "a helper removed": { files: { ...importing("../lib/x.ts"), "lib/x.ts": x(1) }, change: (project) => project.remove("lib/x.ts") },
  "a step added": {
    files: importing("../lib/x.ts"),
    before: (project) => project.write("lib/x.ts", x(1)),
    change: (project) => project.write("steps/20_b.ts", "export const b = 1;\n"),
  },
  "a step removed": {
    files: { "steps/10_a.ts": "export const a = 1;\n", "steps/20_b.ts": "export const b = 2;\n" },
    change: (project) => project.remove("steps/20_b.ts"),
  },
  "a step renumbered": {
    files: { "steps/10_a.ts": "export const a = 1;\n", "steps/20_b.ts": "export const b = 2;\n" },
    change: (project) => renameSync(project.path("steps/20_b.ts"), project.path("steps/5_b.ts")),
  },
  "a second step of the same name": {
    files: { "steps/10_a.ts": "export const a = 1;\n" },
    change: (project) => project.write("steps/20_a.ts", "export const a = 2;\n"),
  },
  "an export added to a step of which another passes all on": {
    files: { "steps/10_a.ts": "export const a = 1;\n", "steps/20_b.ts": 'export * from "./10_a.ts";\nexport const b = 2;\n' },
    change: (project) => project.write("steps/10_a.ts", "export const a = 1;\nexport const more = 2;\n"),
  },
  "an export that a step imports removed": {
    files: {
      "steps/10_a.ts": "export const a = 1;\nexport const b = 2;\n",
      "steps/20_b.ts": 'import { b } from "./10_a.ts";\nexport const c = b;\n',
    },
    change: (project) => project.write("steps/10_a.ts", "export const a = 1;\n"),
  },
  "a new helper imported by an edited one": {
    files: { ...importing("../lib/x.ts"), "lib/x.ts": x(1), "lib/y.ts": "export const y = 3;\n" },
    change: (project) => project.write("lib/x.ts", 'import { y } from "./y.ts";\nexport const x = [y];\n'),
  },
  "a JSON file edited": {
    files: {
      "steps/10_a.ts": 'import data from "../lib/x.json" with { type: "json" };\nexport const a = data.n;\n',
      "lib/x.json": '{ "n": 1 }',
    },
    change: (project) => project.write("lib/x.json", '{ "n": 2 }'),
  },
  "a path of the tsconfig changed": {
    files: { ...importing("@x"), "lib/x.ts": x(1), "lib/y.ts": x(2), "tsconfig.json": paths({ "@x": ["./lib/x.ts"] }) },
    change: (project) => project.write("tsconfig.json", paths({ "@x": ["./lib/y.ts"] })),
  },
  "a tsconfig that appears nearer": {
    files: {
      ...importing("../lib/x.ts"),
      "lib/x.ts": 'export { x } from "@v";\n',
      "lib/v.ts": x(1),
      "lib/w.ts": x(2),
      "tsconfig.json": paths({ "@v": ["./lib/v.ts"] }),
    },
    change: (project) => project.write("lib/tsconfig.json", paths({ "@v": ["./w.ts"] })),
  },
  "a tsconfig that is extended": {
    files: {
      ...importing("@x"),
      "lib/x.ts": x(1),
      "lib/y.ts": x(2),
      "tsconfig.json": '{ /* shared */ "extends": "./config/base", }',
      "config/base.json": paths({ "@x": ["../lib/x.ts"] }),
    },
    change: (project) => project.write("config/base.json", paths({ "@x": ["../lib/y.ts"] })),
  },
  "a tsconfig of a package that is extended": {
    files: {
      ...importing("@x"),
      "lib/x.ts": x(1),
      "lib/y.ts": x(2),
      "tsconfig.json": '{ "extends": "base/tsconfig.json" }',
      "node_modules/base/tsconfig.json": paths({ "@x": ["../../lib/x.ts"] }),
    },
    change: (project) => project.write("node_modules/base/tsconfig.json", paths({ "@x": ["../../lib/y.ts"] })),
  },
  "the first of two places of a path": {
    files: { ...importing("@/x"), "lib/x.ts": x(1), "tsconfig.json": paths({ "@/*": ["./gen/*", "./lib/*"] }) },
    change: (project) => project.write("gen/x.ts", x(2)),
  },
  "a name that appears below the base URL": {
    files: {
      "steps/10_a.ts": 'import * as lib from "lib/x";\nexport const a = Object.keys(lib);\n',
      "tsconfig.json": '{ "compilerOptions": { "baseUrl": "." } }',
    },
    change: (project) => project.write("lib/x.ts", x(2)),
  },
  "imports of the package.json": {
    files: {
      ...importing("#x"),
      "lib/x.ts": x(1),
      "lib/y.ts": x(2),
      "package.json": '{ "type": "module", "imports": { "#x": "./lib/x.ts" } }',
    },
    change: (project) => project.write("package.json", '{ "type": "module", "imports": { "#x": "./lib/y.ts" } }'),
  },
  "a package.json that says nothing has side effects": {
    files: { "steps/10_a.ts": 'import "../lib/x.ts";\nexport const a = 1;\n', "lib/x.ts": "globalThis.process.title = 'x';\n" },
    change: (project) => project.write("lib/package.json", '{ "sideEffects": false }'),
    harmless: true,
  },
  "a linked folder led elsewhere": {
    files: { ...importing("../lib/x.ts"), "one/x.ts": x(1), "two/x.ts": x(2) },
    before: (project) => symlinkSync("one", project.path("lib")),
    change: (project) => {
      project.remove("lib");
      symlinkSync("two", project.path("lib"));
    },
  },
  "a link of a link led elsewhere": {
    files: { ...importing("../lib/x.ts"), "real/one.ts": x(1), "real/two.ts": x(2) },
    before: (project) => {
      for (const folder of ["lib", "links"]) mkdirSync(project.path(folder));
      symlinkSync("../real/one.ts", project.path("links/x.ts"));
      symlinkSync("../links/x.ts", project.path("lib/x.ts"));
    },
    change: (project) => {
      project.remove("links/x.ts");
      symlinkSync("../real/two.ts", project.path("links/x.ts"));
    },
  },
  "an import that was allowed to fail": {
    files: { "steps/10_a.ts": 'export const a = await import("../lib/x.ts").then((found) => found.x, () => 0);\n', "lib/y.ts": x(1) },
    change: (project) => project.write("lib/x.ts", x(2)),
  },
  "a bit of what is kept flipped": {
    files: { ...importing("../lib/x.ts"), "lib/x.ts": x(1) },
    harmless: true,
    change: (project) => {
      const bytes = readFileSync(kept(project));
      for (let at = 70; at < bytes.length; at += 97) bytes[at]! ^= 1;
      writeFileSync(kept(project), bytes);
    },
  },
  "a comment": {
    files: { ...importing("../lib/x.ts"), "lib/x.ts": x(1), "steps/20_b.ts": "export const b = 1;\n" },
    harmless: true,
    change: (project) => project.write("steps/20_b.ts", "// new\nexport const b = 1;\n"),
  },
};

const api = ["param"];
const kept = (project: TestProject) => project.path("kept");
const projects = new Map<string, TestProject>();
/** The graph before the change. */
const first = new Map<string, unknown>();

/** The graph as plain data, or why there is none. */
async function told(read: Promise<object>): Promise<unknown> {
  try {
    return JSON.parse(JSON.stringify(await read)) as unknown;
  } catch (error) {
    const { code, message } = toFailure(error);
    return `${code} ${message}`;
  }
}

async function keptGraph(project: TestProject): Promise<object> {
  const { graph, keep } = await readKeptGraph(project.folder, api, "test", kept(project));
  keep();
  return graph;
}

beforeAll(async () => {
  for (const [name, { files = {}, before }] of Object.entries(attacks)) {
    const project = new TestProject(files);
    before?.(project);
    projects.set(name, project);
  }
  // What is younger than this is not kept.
  const made = Date.now();
  while (Date.now() - made <= racyMs + 100) await sleep(50);
  // Twice: where something stirs in a folder above, the first reading says only what to look at.
  for (const [name, project] of projects) {
    await told(keptGraph(project));
    first.set(name, await told(keptGraph(project)));
  }
});

afterAll(() => projects.forEach((project) => project.dispose()));

test.each(Object.entries(attacks))("%s", async (name, { change, harmless }) => {
  const project = projects.get(name)!;
  expect(project.read("kept"), "the graph was kept").toContain('"id":"10_a"');
  change(project);
  const [now, anew] = [await told(keptGraph(project)), await told(readGraph(project.folder, api))];
  if (!harmless) expect(anew, "the attack changes something").not.toEqual(first.get(name));
  expect(now).toEqual(anew);
  // And once more, from what was kept after the change.
  expect(await told(keptGraph(project))).toEqual(anew);
});
