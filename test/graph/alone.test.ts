/** A step is a plain module: what it exports is what tsx says of it alone, where bundlers commonly see things otherwise. */
import { afterEach, expect, test } from "vitest";
import { alone, installedProject } from "../rig/alone.ts";
import type { TestProject } from "../rig/project.ts";

let project: TestProject;
afterEach(() => project.dispose());

const cases: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "names of functions and classes that others have, too": {
    "lib/one.ts": "export function score() {}\nexport const f = () => 1;\nexport class Map {}\n",
    "lib/two.ts": "export function score() {}\nexport const f = () => 2;\n",
    "steps/10_a.ts": `import * as one from "../lib/one.ts";
import * as two from "../lib/two.ts";
const inner = () => { const score = () => 1; function f() {} return [score, f]; };
export const score = 1;
export const a = [one.score, two.score, one.f, two.f, one.Map, Map, ...inner()].map((each) => each.name);
`,
  },
  "names of classes that name themselves": {
    "lib/error.ts":
      "export class HttpError extends Error {\n  static of() {\n    return new HttpError('x');\n  }\n  name = this.constructor.name;\n}\n",
    "steps/10_a.ts":
      'import { HttpError } from "../lib/error.ts";\nclass Row { static empty = new Row(); same() { return Row.empty; } }\nexport const a = [HttpError.name, String(HttpError.of()), Row.name, new Row().constructor.name];\n',
  },
  "a name in another alphabet, with a number of its own": {
    "lib/one.ts": "export const größe1 = async (x: number) => x;\n",
    "steps/10_a.ts": 'import * as one from "../lib/one.ts";\nexport const größe1 = 1;\nexport const a = one.größe1.name;\n',
  },
  "names of function expressions": {
    "steps/10_a.ts":
      "const all = [function score() {}, class Model {}, async function* rows() {}];\nexport const a = all.map((each) => each.name);\n",
  },
  "a module that is imported for its effects, in a package that says it has none": {
    "package.json": '{ "type": "module", "sideEffects": false }',
    "lib/setup.ts": "(globalThis as { setup?: number }).setup = 1;\n",
    "steps/10_a.ts": 'import "../lib/setup.ts";\nexport const a = (globalThis as { setup?: number }).setup ?? 0;\n',
  },
  "JSON, with and without its type": {
    "lib/x.json": '{ "x": [1], "y-z": 2 }',
    "steps/10_a.ts":
      'import typed from "../lib/x.json" with { type: "json" };\nimport * as all from "../lib/x.json";\nexport const a = [typed, all.x, Object.keys(all)];\n',
  },
  "a module that the import itself holds": {
    "steps/10_a.ts": "import one from 'data:text/javascript,export default 1';\nexport const a = one;\n",
  },
  "a helper in CommonJS, which requires others, packages and Node's modules, and knows where it lies": {
    "node_modules/pack/package.json": '{ "name": "pack", "exports": { "require": "./its.cjs", "import": "./its.mjs" } }',
    "node_modules/pack/its.cjs": "exports.its = 'required';\n",
    "node_modules/pack/its.mjs": "export const its = 'imported';\n",
    "node_modules/bare/index.js": "exports.bare = 'no package.json';\n",
    "lib/data.txt": "text",
    "lib/other.cjs": "exports.other = require('path').basename(__filename);\n",
    "lib/old.cjs": `const fs = require("fs");
const { other } = require("./other.cjs");
module.exports = { text: fs.readFileSync(require("node:path").join(__dirname, "data.txt"), "utf8"), other, its: require("pack").its, bare: require("bare").bare, main: require.main === module, resolved: ["pack", "./data.txt", "../lib/other.cjs", "fs"].map((name) => require.resolve(name)) };
`,
    "steps/10_a.ts": 'import old from "../lib/old.cjs";\nimport { its } from "pack";\nexport const a = [old, its];\n',
  },
  "a script in a text, and what it asks": {
    "lib/old.cjs":
      "// don't\nconst quotes = /['\"`]/;\nmodule.exports = [require.main !== module, 'require.main === module', `${1}\\` require.main !== module`, quotes.source];\n",
    "steps/10_a.ts":
      'import old from "../lib/old.cjs";\nexport const a = [old, "if (require.main === module) main();\\n", /require.main === module/.source];\n',
  },
  "modules that import each other": {
    "lib/one.ts": 'import { two } from "./two.ts";\nexport const one = () => 1;\nexport const sum = () => one() + two();\n',
    "lib/two.ts": 'import { one } from "./one.ts";\nexport const two = () => one() + 1;\n',
    "steps/10_a.ts": 'import { sum } from "../lib/one.ts";\nexport const a = sum();\n',
  },
  "packages and helpers that may be missing": {
    "node_modules/there/package.json": '{ "name": "there", "main": "i.js" }',
    "node_modules/there/i.js": "exports.x = 'there';\n",
    "lib/old.cjs": 'try {\n  exports.old = require("absent-too");\n} catch (error) {\n  exports.old = error.code;\n}\n',
    "steps/10_a.ts": `import { old } from "../lib/old.cjs";
let native: { x: string };
try {
  native = await import("absent-native");
} catch {
  native = await import("there");
}
const local = await import("@absent/local/x").catch((error: Error) => error.name);
export const a = [old, native.x, local];
`,
  },
  "a module as a value": {
    "lib/settings.ts": "export const rate = 0.5;\nexport const layers = [1, 2];\nexport let late = 0;\nlate = 1;\n",
    "steps/10_a.ts":
      'export * as settings from "../lib/settings.ts";\nimport * as all from "../lib/settings.ts";\nconst asked = await import("../lib/settings.ts");\nexport const a = { all, asked };\n',
    "steps/20_b.ts": 'import { settings } from "./10_a.ts";\nexport const b = [settings.rate, Object.keys(settings)];\n',
  },
  "an import when it is asked for": {
    "lib/one.ts": "export const first = (globalThis as { first?: boolean }).first ?? false;\n",
    "steps/10_a.ts":
      '(globalThis as { first?: boolean }).first = true;\nconst one = await import("../lib/one.ts");\nexport const a = [one.first, Object.keys(one), one === (await import("../lib/one.ts"))];\n',
  },
  "import.meta as a value, and what it resolves": {
    "node_modules/dual/package.json": '{ "name": "dual", "exports": { "import": "./its.mjs", "require": "./its.cjs" } }',
    "lib/x.ts":
      'import path from "node:path";\nimport { fileURLToPath } from "node:url";\nexport const isMain = (meta: ImportMeta) => fileURLToPath(meta.url) === path.resolve("steps/10_a.ts");\nexport const beside = import.meta.resolve("./y.ts");\n',
    "steps/10_a.ts": `import { beside, isMain } from "../lib/x.ts";
const { dirname, filename, url } = import.meta;
const meta = import.meta;
export const a = [isMain(meta), beside, dirname, filename, url, Object.keys(import . meta).sort(), "env" in meta, import.meta["url"] === url, "import.meta", ...["../lib", "/x", "node:fs", "dual", "data:,"].map((name) => meta.resolve(name).replace(/.*node_modules/, ""))];
`,
  },
  "a module that is imported twice, by queries of its path": {
    "lib/x.ts": "export const x = {};\n",
    "steps/10_a.ts":
      'const [one, two, again] = [await import("../lib/x.ts?1"), await import("../lib/x.ts?2"), await import("../lib/x.ts?1")];\nexport const a = [one.x === two.x, one.x === again.x];\n',
  },
  "a script in TypeScript that is forked, and one that is run with the arguments of Node": {
    "lib/child.ts": "const x: number = 1;\nif (process.send) process.send(x);\nelse console.log(x);\n",
    "steps/10_a.ts": `import { execFileSync, fork } from "node:child_process";
import { once } from "node:events";
const file = new URL("../lib/child.ts", import.meta.url).pathname;
export const a = [await once(fork(file), "message"), execFileSync(process.execPath, [...process.execArgv, file], { encoding: "utf8" })];
`,
  },
  "dates, told by their constructor": {
    "steps/10_a.ts":
      "const d = new Date(5);\nexport const a = [d.constructor === Date, new (d.constructor as DateConstructor)(7).getTime(), d instanceof Date, Date.prototype.constructor === Date];\n",
  },
  "what fails when it is asked, and is caught": {
    "none.txt": "x",
    "steps/10_a.ts": `import { readFileSync } from "node:fs";
let got = "none";
try { got = readFileSync("/proc/self/mem", "utf8"); } catch {}
export const a = got;
`,
  },
  "a tsconfig.json of another language": {
    "tsconfig.json": '{ "compilerOptions": { "experimentalDecorators": true, "useDefineForClassFields": false } }',
    "steps/10_a.ts":
      "const seen: string[] = [];\nconst note = (_: object, key: string) => void seen.push(key);\nclass Row {\n  @note x = 1;\n  y?: number;\n}\nexport const a = [seen, Object.keys(new Row())];\n",
  },
  "what tsc made beside the sources, and paths without an extension": {
    "lib/x.ts": 'export const x: string = "ts";\n',
    "lib/x.js": 'export const x = "js";\n',
    "lib/x.tsx": 'export const x: string = "tsx";\n',
    "lib/x.json": '{ "x": "json" }',
    "lib/m.mts": 'export const x: string = "mts";\n',
    "lib/m.mjs": 'export const x = "mjs";\n',
    "lib/y.tsx": 'export const x: string = "tsx";\n',
    "lib/y.js": 'export const x = "js";\n',
    "lib/y.jsx": 'export const x = "jsx";\n',
    "lib/of-js.js": 'export { x } from "./x.js";\nexport { x as without } from "./x";\n',
    "lib/folder/index.ts": 'export const x: string = "index.ts";\n',
    "lib/folder/index.js": 'export const x = "index.js";\n',
    "steps/10_a.ts":
      ["x.js", "x.jsx", "x", "m.mjs", "y.js", "y.jsx", "y", "of-js.js", "folder"]
        .map((file, i) => `import * as m${i} from "../lib/${file}";\n`)
        .join("") + "export const a = [m0, m1, m2, m3, m4, m5, m6, m7, m8].map((each) => ({ ...each }));\n",
  },
  "a project that imports itself by its name": {
    "package.json": '{ "name": "me", "type": "module", "exports": { "./x": "./lib/x.ts", "./y": "./lib/y.js" } }',
    "lib/x.ts": "export const x: number = 1;\n",
    "lib/y.js": "export const y = 2;\n",
    "steps/10_a.ts": 'import { x } from "me/x";\nimport { y } from "me/y";\nexport const a = [x, y];\n',
  },
  "conditions of package.json#imports": {
    "package.json": '{ "type": "module", "imports": { "#x": { "module": "./lib/bundlers.ts", "default": "./lib/node.ts" } } }',
    "lib/bundlers.ts": 'export const x = "bundlers";\n',
    "lib/node.ts": 'export const x = "node";\n',
    "steps/10_a.ts": 'import { x } from "#x";\nexport const a = x;\n',
  },
  "enums, namespaces, private fields": {
    "steps/10_a.ts":
      'enum Kind { M, B = "b" }\nnamespace Of { export const k = 1; }\nclass Row { #x = 1; static s = "s"; static { this.s += "!"; } get x() { return this.#x; } }\nexport const a = [Object.entries(Kind), Of.k, new Row().x, Row.s];\n',
  },
};

test.each(Object.entries(cases))("%s", async (_, files) => {
  project = installedProject(files);
  const said = await alone(project);
  expect(said.code, said.stderr).toBe(0);
  const run = await project.run();
  expect(run.code, run.stderr).toBe(0);
  expect(await project.value("10_a.a")).toEqual(JSON.parse(said.stdout));
});
