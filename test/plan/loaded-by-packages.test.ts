/** A package may load what lies in the project: its settings, in the forms that modules have. What is loaded so is read by the step. */
import { afterEach, expect, test } from "vitest";
import { TestProject } from "../rig/project.ts";

let project: TestProject;
afterEach(() => project.dispose());

test.each([
  ["an ES module", "settings.mjs", "export default 1;\n", "settings.mjs"],
  ["one that an ES module hands on", "settings.mjs", 'export { default } from "./more.mjs";\n', "more.mjs"],
  ["a CommonJS module", "settings.cjs", "module.exports = 1;\n", "settings.cjs"],
  ["one that a CommonJS module requires", "settings.cjs", 'const more = require("./more.cjs");\nmodule.exports = more;\n', "more.cjs"],
  ["one that a CommonJS module hands on", "settings.cjs", 'module.exports = require("./more.cjs");\n', "more.cjs"],
])("%s", async (_, settings, text, changed) => {
  const one = changed.endsWith(".mjs") ? "export default 1;\n" : "module.exports = 1;\n";
  project = new TestProject({
    "node_modules/loads/package.json": '{ "name": "loads", "version": "1.0.0", "type": "module", "main": "index.js" }',
    "node_modules/loads/index.js": "export const load = async (file) => (await import(file)).default;\n",
    [changed]: one,
    [settings]: text,
    "steps/10_settings.ts": `import { load } from "loads";\nexport const value = await load(new URL("../${settings}", import.meta.url).href);\n`,
  });
  await project.run();
  expect((await project.run()).ran).toEqual([]);
  project.write(changed, one.replace("1", "2"));
  expect((await project.run()).steps["10_settings"]?.reason).toBe(`file ${changed} changed`);
  expect(await project.value("10_settings.value")).toBe(2);
});
