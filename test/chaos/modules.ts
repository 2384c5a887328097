import fc from "fast-check";

/** How one module asks for another. */
type How = "named" | "namespace" | "effects" | "all" | "renamed" | "dynamic";
/** How a path names a file. */
type Path = "exact" | "javascript" | "bare";

interface Import {
  readonly of: number;
  readonly how: How;
  readonly path: Path;
}

/** A random module: of what kind, what it exports beside its value, and which of the modules after it, it imports. */
interface Module {
  readonly kind: "ts" | "mts" | "tsx" | "cjs" | "json";
  /** Beside it lies what tsc might have made of it, with other values. */
  readonly made: boolean;
  readonly exports: readonly ("score" | "f" | "Model" | "default")[];
  readonly imports: readonly Import[];
  /** Uses the module before it, which may import this one: in a function that is called late. */
  readonly back: boolean;
}

export type Modules = readonly Module[];

const count = 5;

const module = (at: number): fc.Arbitrary<Module> => {
  const one = fc.record({
    of: fc.integer({ min: Math.min(at + 1, count - 1), max: count - 1 }),
    how: fc.constantFrom<How>("named", "namespace", "effects", "all", "renamed", "dynamic"),
    path: fc.constantFrom<Path>("exact", "javascript", "bare"),
  });
  return fc.record({
    kind: fc.constantFrom("ts", "ts", "ts", "mts", "tsx", "cjs", "json"),
    made: fc.boolean(),
    exports: fc.subarray(["score", "f", "Model", "default"]),
    imports: at === count - 1 ? fc.constant([]) : fc.uniqueArray(one, { maxLength: 3, selector: ({ of, how }) => `${of} ${how}` }),
    back: fc.boolean(),
  });
};

export const modules: fc.Arbitrary<Modules> = fc.tuple(...Array.from({ length: count }, (_, at) => module(at)));

/** Path → text of all files: the modules in lib/, and a step that tells of all that they hold and of the order in which they ran. */
export function renderModules(all: Modules): Record<string, string> {
  const files: Record<string, string> = {};
  all.forEach((each, at) => {
    files[`lib/m${at}.${each.kind}`] = render(all, at);
    const made = javascript[each.kind];
    if (each.made && made) files[`lib/m${at}.${made}`] = "export const v = -1;\nexport default -1;\n";
  });
  const named = all.map(
    (each, at) => `import * as m${at} from "../lib/m${at}.${each.kind}"${each.kind === "json" ? ' with { type: "json" }' : ""};\n`,
  );
  files["steps/10_a.ts"] = `${named.join("")}${tell}
const ran = (globalThis as { ran?: unknown }).ran;
export const a = [ran, ${all.map((_, at) => `await tell(m${at})`).join(", ")}];
`;
  return files;
}

const javascript: Readonly<Record<string, string>> = { ts: "js", mts: "mjs", tsx: "jsx" };

/** What can be seen of a module. Of CommonJS only what it exports whole: which names that makes, Node and esbuild tell differently. */
const tell = `const show = async (value: unknown) => typeof value === "function" ? [value.name, /^class/.test(String(value)) ? "class" : await (value as () => unknown)()] : value ?? "nothing";
const tell = async (all: object) => {
  const whole = typeof (all as { default?: unknown }).default === "object";
  const names = whole ? ["default"] : Object.keys(all).sort();
  const told: unknown[] = [];
  for (const name of names) told.push([name, await show((all as Record<string, unknown>)[name])]);
  return told;
};`;

function render(all: Modules, at: number): string {
  const { kind, exports, imports, back } = all[at]!;
  if (kind === "json") return `{ "v": ${at}, "more": [${at}] }`;
  const useful = imports.filter(({ of, how }) => isModule(all[of]!) || how === "named");
  if (kind === "cjs") return renderCommon(all, at);
  const lines = useful.flatMap((each, i) => importing(all, each, i));
  const before = all[at - 1];
  const goesBack = back && before !== undefined && isModule(before);
  if (goesBack) lines.push(`import { v as vBefore } from "./m${at - 1}.${before.kind}";`, "export const late = () => vBefore;");
  lines.push(`((globalThis as { ran?: string[] }).ran ??= []).push("m${at}");`, `export const v: number = ${at};`);
  if (exports.includes("score")) lines.push(`export function score() { return ${at}; }`);
  if (exports.includes("f")) lines.push(`export const f = () => ${at};`);
  if (exports.includes("Model")) lines.push(`export class Model { static at = ${at}; }`);
  if (exports.includes("default"))
    lines.push(
      at % 2 === 0 ? `export default function score${exports.includes("score") ? "d" : ""}() { return ${at}; }` : `export default ${at};`,
    );
  return `${lines.join("\n")}\n`;
}

const isModule = ({ kind }: Module) => kind !== "cjs" && kind !== "json";

/** Requires what Node 20 can require: no modules. */
function renderCommon(all: Modules, at: number): string {
  const others = [...new Set(all[at]!.imports.map(({ of }) => of))].filter((of) => !isModule(all[of]!));
  return `${others.map((of) => `const o${of} = require("./m${of}.${all[of]!.kind}");\n`).join("")}const { sep } = require("path");
module.exports = { v: ${at}, sep, here: __filename.slice(-6), others: [${others.map((of) => `o${of}.v`).join(", ")}] };
`;
}

function importing(all: Modules, { of, how, path }: Import, i: number): string[] {
  const other = all[of]!;
  const file = JSON.stringify(pathOf(other, of, path));
  if (!isModule(other))
    return [
      `import whole${i} from ${file}${other.kind === "json" ? ' with { type: "json" }' : ""};`,
      `export const got${i} = whole${i}.v;`,
    ];
  switch (how) {
    case "named":
      return [`import { v as v${i} } from ${file};`, `export const got${i} = v${i} + 1;`];
    case "namespace":
      return [`import * as ns${i} from ${file};`, `export const keys${i} = Object.keys(ns${i}).join();`];
    case "effects":
      return [`import ${file};`];
    case "all":
      return [`export * from ${file};`];
    case "renamed":
      return [`export { v as again${i} } from ${file};`];
    case "dynamic":
      return [`export const lazy${i} = async () => Object.keys(await import(${file}));`];
  }
}

function pathOf({ kind }: Module, at: number, path: Path): string {
  if (path === "bare" && (kind === "ts" || kind === "tsx")) return `./m${at}`;
  if (path === "javascript" && javascript[kind] !== undefined) return `./m${at}.${javascript[kind]}`;
  return `./m${at}.${kind}`;
}
