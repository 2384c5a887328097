import { readFileSync, realpathSync } from "node:fs";
import path from "node:path";
import type { Loader, OnResolveArgs, Plugin, PluginBuild } from "esbuild";
import type { StepFile } from "./discover.ts";
import { askEsbuild, isAsked } from "./ask-esbuild.ts";
import { type Offers, whole } from "./exports.ts";
import { apiCall, inputCall, metaCall, metaLocal } from "./names.ts";
import { packageOf } from "./package-names.ts";
import { importPaths } from "./source-paths.ts";
import type { Own, Sources } from "./sources.ts";

const virtual = { input: "stepbook-input", required: "stepbook-required", api: "stepbook-api" } as const;

/** The step that a module of a bundle stands for. */
export function stepBehind(module: string): string | undefined {
  const namespace = [virtual.input, virtual.required].find((each) => module.startsWith(`${each}:`));
  return namespace && module.slice(namespace.length + 1);
}

export function isApi(module: string): boolean {
  return module.startsWith(virtual.api);
}

/**
 * Sends imports of steps and of the step API to modules that ask the process they run in, and those of packages to where Node would find them.
 * @param elsewhere filled with: specifier in the bundle → folder, for packages other than those that the project itself would find
 */
export function resolver(project: string, steps: readonly StepFile[], sources: Sources, elsewhere: Map<string, string>): Own["resolve"] {
  const importPath = importPaths(project, (found, leads, { resolveDir }) => {
    sources.ask(found.file, resolveDir);
    if (found.kind === "elsewhere") elsewhere.set(leads.path!, path.relative(project, found.folder).replaceAll("\\", "/"));
  });
  const isAlias = aliases(project);
  const byPath = new Map(steps.map((step) => [path.resolve(project, step.file), step]));
  const real = new Map<string, boolean>();
  const isReal = (file: string) => real.get(file) ?? real.set(file, isOwnPlace(file)).get(file)!;
  const findStep = async (args: OnResolveArgs, builder: PluginBuild) => {
    const { path: specifier, resolveDir } = args;
    if (isAsked(args) || !(/(^|\/)\d+_[^/]*$/.test(specifier) || isAlias(specifier))) return undefined;
    // The whole path of a file that is not a link leads there: esbuild's process need not be asked.
    const whole = path.resolve(resolveDir, specifier);
    const leadsThere = /^\.\.?\//.test(specifier) && byPath.has(whole) && isReal(whole);
    return byPath.get(leadsThere ? whole : (await askEsbuild(builder, args, specifier)).path);
  };
  return async (args, builder) => {
    if (args.path === "stepbook") return { path: "stepbook", namespace: virtual.api };
    const found = await findStep(args, builder);
    const leads = found ? undefined : await importPath(args, builder);
    const step = found ?? (leads?.path === undefined ? undefined : byPath.get(leads.path));
    return step ? { path: step.name, namespace: args.kind === "require-call" ? virtual.required : virtual.input } : leads;
  };
}

/** Whether a specifier may stand for any file: by `package.json#imports`, or by a tsconfig.json that says more of paths than Node. */
function aliases(project: string): (specifier: string) => boolean {
  const maps = ["tsconfig.json", "jsconfig.json"].some((name) => /"(?:paths|baseUrl|extends)"/.test(textOf(path.join(project, name))));
  return (specifier) => specifier.startsWith("#") || (maps && packageOf(specifier) !== undefined);
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

function isOwnPlace(file: string): boolean {
  try {
    return realpathSync.native(file) === file;
  } catch {
    return false;
  }
}

export function generatedModules(exports: Offers, apiNames: readonly string[]): Plugin {
  return {
    name: "stepbook",
    setup(builder) {
      builder.onLoad({ filter: /.*/, namespace: virtual.api }, () => ({
        contents: generated(apiNames, (name) => `${apiCall}(${JSON.stringify(name)})`),
      }));
      const ofStep = (step: string, required: boolean) => ({
        contents: standIn(exports.get(step) ?? [], (name) => `${inputCall}(${JSON.stringify(step)},${JSON.stringify(name)})`, required),
      });
      builder.onLoad({ filter: /.*/, namespace: virtual.input }, ({ path: step }) => ofStep(step, false));
      builder.onLoad({ filter: /.*/, namespace: virtual.required }, ({ path: step }) => ofStep(step, true));
    },
  };
}

/** The module that stands for a step. One in CommonJS has one artifact, which a `require` gets as it is, and an `import` by its names, too. */
function standIn(names: readonly string[], call: (name: string) => string, required: boolean): string {
  if (!names.includes(whole)) return generated(names, call);
  const all = call("default");
  if (required) return `module.exports = ${all};`;
  const named = names.filter((name) => name !== whole);
  return generated(named, (name) => (name === "default" ? all : `(() => ${all}[${JSON.stringify(name)}])()`));
}

/**
 * A module whose exports are calls, marked pure so that the unused ones are shaken off. Locals have
 * names of their own: an export may be called `class` or `x-y`.
 */
function generated(names: readonly string[], call: (name: string) => string): string {
  return names
    .map((name) => {
      const local = `__stepbook_${name.replace(/[^\w$]/g, (character) => `$${character.codePointAt(0)!.toString(16)}`)}`;
      return `const ${local} = /* @__PURE__ */ ${call(name)}; export { ${local} as ${JSON.stringify(name)} };`;
    })
    .join("\n");
}

export const ofHere = {
  "import.meta": metaLocal,
  ...Object.fromEntries(["dirname", "filename"].map((key) => [`__${key}`, `${metaLocal}.${key}`])),
  "process.argv": `${metaLocal}.argv`,
  "require.resolve": `${metaLocal}.find`,
};

/** What is no code: texts, comments and patterns. */
const quoted = [
  /'(?:[^'\\\n]|\\[\s\S])*'|"(?:[^"\\\n]|\\[\s\S])*"|`(?:[^`\\]|\\[\s\S])*`/,
  /\/\/[^\n]*|\/\*[\s\S]*?\*\//,
  /\/(?<=(?:[(,=:[!&|?{};>]|\breturn)\s*\/)(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\//,
];
/** `require.main === module`, by which a script in CommonJS asks whether it is the one that runs. */
const asksForMain = new RegExp([...quoted, /\brequire\.main\s*([!=]==?)\s*module\b/].map(({ source }) => source).join("|"), "g");

/** Gives each source file that asks where it lies, or whether it is the one that runs, its own answer, since the bundle lies elsewhere. */
export function withMeta(project: string, source: string, file: string): { contents: string; loader: Loader } | undefined {
  // As long as it was, so that no column moves.
  const text = source.includes("require.main")
    ? source.replace(asksForMain, (found, sign?: string) =>
        sign === undefined ? found : `${sign.startsWith("!") ? "!" : ""}${metaLocal}.entry`.padEnd(found.length),
      )
    : source;
  if (text === source && !/\bimport\s*\.\s*meta\b|\b__(?:dir|file)name\b|\bargv\b|\brequire\s*\.\s*resolve\b/.test(text)) return undefined;
  const relative = path.relative(project, file).replaceAll("\\", "/");
  // On the first line, so that no line moves.
  const loader = path.extname(file).replace(/^\.[cm]?/, "") as "ts" | "tsx" | "js" | "jsx";
  return {
    contents: `const ${metaLocal} = /* @__PURE__ */ ${metaCall}(${JSON.stringify(relative)}); ${text.replace(/^#!.*/, "")}`,
    loader,
  };
}
