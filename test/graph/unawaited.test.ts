import { expect, test } from "vitest";
import { analyse } from "../../src/graph/analyse.ts";

const main = "async function main() { await 1; }\n";

test.each([
  [`${main}main();`, true],
  [`${main}main().catch(console.error);`, true],
  [`${main}void main();`, true],
  [`${main}if (x) { main(); }`, true],
  [`${main}for (const each of all) main(each);`, true],
  [`${main}try { main(); } catch {}`, true],
  ["var main = async () => {}; main();", true],
  ["const main = async function () {}; main();", true],
  ["(async () => { await 1; })();", true],
  ["(async function () {})().then(f);", true],
  ["fetch(url).then(show);", true],
  ["rows.forEach(async (row) => { await save(row); });", true],
  [`var require_x = __commonJS({ "steps/x.ts"(exports, module) {\n${main}main();\n} });\nexport default require_x();`, true],
  [`var require_x = __commonJS({ "steps/x.ts"(exports, module) {\n${main}exports.main = main;\n} });\nexport default require_x();`, false],
  ["class Trainer { async run() {} }\nnew Trainer().run();", true],
  ["var trainer = { run: async () => {} };\ntrainer.run();", true],
  ["class Trainer { run() {} }\nnew Trainer().run();", false],
  [`${main}await main();`, false],
  [`${main}await Promise.all([main(), main()]);`, false],
  [`${main}export const result = await main();`, false],
  [`${main}function f() { main(); }\nf;`, false],
  [`${main}class A { static f() { main(); } }`, false],
  ["function main() {}\nmain();", false],
  ["setInterval(async () => {}, 1000);", false],
  ['app.get("/", async () => {}); app.listen(80);', false],
  ["rows.forEach((row) => save(row));", false],
  ["console.log(1);", false],
])("%s", (code, unawaited) => {
  expect(analyse(code).unawaited).toBe(unawaited);
});
