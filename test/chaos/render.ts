import type { ModelStep, Pipeline } from "./pipelines.ts";

export function fileOf({ number, name }: ModelStep): string {
  return `steps/${number}_${name}.ts`;
}

/** Files that may come and go: none says anything. */
const besides = ["steps/notes.md", "lib/notes.md", "data/notes.md", "lib/tsconfig.json", "lib/package.json", "steps/package.json"];

/** Path → text of all files of the pipeline. */
export function render(pipeline: Pipeline): Record<string, string> {
  const { comment, types, factor, unused, beside, pack, modules } = pipeline;
  const files: Record<string, string> = {
    "lib/helper.ts": `// ${comment}\nexport const scale = (x: number) => x * ${factor} + 1;\nexport interface T${types} { a: ${types} }\nexport const unused = () => ${unused};\n`,
    "lib/number.json": `{ "value": ${modules.json} }`,
    "lib/old.cjs": `const { sep } = require("node:path");\nexports.old = ${modules.cjs} + sep.length - 1;\n`,
    "packages/linked/package.json": '{ "name": "linked", "type": "module", "exports": "./index.ts" }',
    "packages/linked/index.ts": `export const linked: number = ${modules.linked};\n`,
    "node_modules/pack/package.json": `{ "name": "pack", "version": "1.${pack.version}.0", "type": "module", "exports": "./index.js" }`,
    "node_modules/pack/index.js": `export const value = ${pack.value};\n`,
  };
  if (beside > 0) files[besides[beside % besides.length]!] = "{}";
  for (const [name, value] of Object.entries(pipeline.data)) files[`data/${name}.txt`] = String(value);
  for (const each of pipeline.steps) files[fileOf(each)] = renderStep(pipeline, each);
  return files;
}

function renderStep(pipeline: Pipeline, { name, constant, more, alone, place, reads, imports }: ModelStep): string {
  const { steps, comment, types, layout } = pipeline;
  const has = (what: string) => reads.some((each) => each === what);
  const api = [has("param") ? "param" : "", has("table") ? "sql" : "", has("model") ? "saveModel" : ""].filter(Boolean);
  const file = (from: string) => fileOf(steps.find((each) => each.name === from)!).slice("steps/".length);
  const lines = [`/** Comment ${comment}. */`];
  if (api.length > 0) lines.push(`import { ${api.join(", ")} } from "stepbook";`);
  if (has("helper")) lines.push('import { scale } from "../lib/helper.ts";');
  if (has("file")) lines.push('import { readFileSync } from "node:fs";');
  if (has("json")) lines.push('import number from "../lib/number.json" with { type: "json" };');
  if (has("cjs")) lines.push('import { old } from "../lib/old.cjs";');
  if (has("linked")) lines.push('import { linked } from "linked";');
  if (has("package")) lines.push('import { value } from "pack";');
  lines.push(`export const config = { isolation: "${alone ? "process" : "shared"}" };`);
  const terms = [String(constant)];
  imports.forEach((each, i) => {
    lines.push(`import { ${each.export} as in${i} } from "./${file(each.from)}";`);
    terms.push(`in${i} * ${i + 2}`);
  });
  if (has("param")) terms.push(`param("${place}", 0)`);
  if (has("env")) terms.push(`Number(process.env.CHAOS_${place} ?? 0)`);
  if (has("file")) terms.push(`Number(readFileSync("data/${place}.txt", "utf8"))`);
  if (has("json")) terms.push("number.value");
  if (has("cjs")) terms.push("old");
  if (has("linked")) terms.push("linked");
  if (has("package")) terms.push("value");
  const sum = `(${terms.join(layout % 2 === 0 ? " + " : "\n    +\n")}) % 997`;
  if (types > 0) lines.push(`type Kind${types} = number;`);
  lines.push(`const sum${types > 0 ? `: Kind${types}` : ""} = ${has("helper") ? `scale(${sum})` : sum};`);
  // y takes few values, so that early cutoff is met often.
  lines.push("export const x = sum;", "export const y = sum % 3;");
  if (more) lines.push("export const z = sum + 1000;");
  if (has("table")) lines.push("export const t = await sql`SELECT i, i * ${sum} AS v FROM range(5) r(i)`;");
  if (has("model")) lines.push(`saveModel("${name}", { w: sum });`);
  return `${lines.join("\n".repeat(1 + (layout % 3)))}\n`;
}
