import { realpathSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { build, type BuildFailure, type BuildResult, type Loader, type Message, type Metafile, type OutputFile, type Plugin } from "esbuild";
import { fail, StepbookError } from "../errors.ts";
import { nearest } from "../nearest.ts";
import { type StepFile, stepPattern } from "./discover.ts";
import { apiCall, inputCall, metaCall } from "./names.ts";
import { asked, leadsTo, packageOf, PackagePaths } from "./package-paths.ts";
import type { Own, Sources } from "./sources.ts";

/** A step's code as esbuild gives it. */
export interface RawBundle {
  readonly text: string;
  readonly map: string;
  /** Source files in the bundle, relative to the project. */
  readonly sources: readonly string[];
  /** Import specifiers left outside: packages and Node's modules. */
  readonly externals: readonly string[];
  /** Names of those packages; of one that the project would not find by its name, the folder, relative to the project. */
  readonly packages: readonly string[];
  /** Names of steps that the bundle's files import, used or not. */
  readonly steps: readonly string[];
  /** Names of all that the step's module exports. */
  readonly exports: readonly string[];
}

const virtual = { input: "stepbook-input", api: "stepbook-api" } as const;

/**
 * One esbuild call over all wanted steps: each with its helpers, tree-shaken, minified but for its names,
 * with other steps and the step API swapped for generated modules and packages left outside.
 * @throws E_SYNTAX, E_IMPORT, E_MISSING_EXPORT, E_COMPUTED_IMPORT
 */
export async function bundleSteps(
  project: string,
  wanted: readonly StepFile[],
  steps: readonly StepFile[],
  exports: ReadonlyMap<string, readonly string[]>,
  apiNames: readonly string[],
  sources: Sources,
): Promise<Map<string, RawBundle>> {
  const elsewhere = new Map<string, string>();
  const resolve = resolver(project, steps, sources, elsewhere);
  const result = await run(project, wanted, exports, apiNames, sources, resolve);
  const texts = new Map(result.outputFiles.map((file) => [file.path, file]));
  return new Map(wanted.map((step) => [step.id, rawBundle(result.metafile, texts, project, step, elsewhere)]));
}

function rawBundle({ inputs: all, outputs }: Metafile, texts: ReadonlyMap<string, OutputFile>, project: string, step: StepFile, elsewhere: ReadonlyMap<string, string>): RawBundle {
  const key = `${step.id}.mjs`;
  const file = (name: string) => texts.get(path.resolve(project, name))!.text;
  const inputs = reachable(all, step.file);
  const externals = outputs[key]!.imports.filter((each) => each.external).map((each) => each.path);
  return {
    text: file(key),
    map: file(`${key}.map`),
    // All that is reached, not output.inputs: a constant that was inlined leaves no other trace of its file.
    sources: inputs.filter((name) => !isVirtual(name)).sort(),
    externals,
    packages: [...new Set(externals.flatMap((specifier) => elsewhere.get(specifier) ?? packageOf(specifier) ?? []))].sort(),
    exports: outputs[key]!.exports,
    steps: inputs.filter((name) => name.startsWith(virtual.input)).map((name) => name.slice(virtual.input.length + 1)),
  };
}

const isVirtual = (name: string) => name.startsWith(virtual.input) || name.startsWith(virtual.api);

function reachable(inputs: Readonly<Record<string, { imports: { path: string }[] }>>, entry: string): string[] {
  const seen = new Set<string>([entry]);
  for (const name of seen) for (const next of inputs[name]?.imports ?? []) if (inputs[next.path]) seen.add(next.path);
  return [...seen];
}

async function run(
  project: string,
  wanted: readonly StepFile[],
  exports: ReadonlyMap<string, readonly string[]>,
  apiNames: readonly string[],
  sources: Sources,
  resolve: Own["resolve"],
): Promise<BuildResult<{ write: false; metafile: true }>> {
  try {
    const result = await build({
      absWorkingDir: project,
      entryPoints: wanted.map(({ id, file }) => ({ in: file, out: id })),
      // Nothing is written. Maps name files as seen from the project, wherever `.stepbook` really lies: it may be a link to another disk.
      outdir: project,
      allowOverwrite: true,
      sourceRoot: pathToFileURL(path.join(project, "/")).href,
      outExtension: { ".js": ".mjs" },
      bundle: true,
      write: false,
      metafile: true,
      format: "esm",
      platform: "node",
      target: "node20",
      packages: "external",
      charset: "utf8",
      treeShaking: true,
      minifyWhitespace: true,
      minifySyntax: true,
      legalComments: "none",
      sourcemap: "external",
      sourcesContent: false,
      logLevel: "silent",
      logOverride: { "unsupported-dynamic-import": "error" },
      define: Object.fromEntries(["url", "dirname", "filename"].map((key) => [`import.meta.${key}`, `${metaLocal}.${key}`])),
      plugins: [sources.plugin({ rewrite: (text, file) => withMeta(project, text, file), resolve }), generatedModules(exports, apiNames)],
    });
    refuseGlobs(result.metafile!.inputs);
    return result as BuildResult<{ write: false; metafile: true }>;
  } catch (error) {
    const [message] = (error as BuildFailure).errors ?? [];
    if (error instanceof StepbookError) throw error;
    // Its process could not be started, or has ended.
    if (!message) return fail("E_FILE", `esbuild does not run here: ${(error as Error).message}`, { remedy: "is the limit of open files (`ulimit -n`) low? Else `npm ci` installs it anew" }, error);
    return explain(message, exports);
  }
}

/** esbuild takes `import(`./${name}.ts`)` as an import of all files that fit: every one would be an input. */
function refuseGlobs(inputs: Readonly<Record<string, { imports: { path: string }[] }>>): void {
  for (const [file, { imports }] of Object.entries(inputs)) {
    const glob = imports.find((each) => each.path.includes("*"));
    if (glob) refuseComputed({ place: { file } }, glob.path);
  }
}

function refuseComputed(where: object, pattern = ""): never {
  return fail("E_COMPUTED_IMPORT", `import() of a computed path${pattern && ` (${pattern})`}: the graph cannot know what it imports`, {
    ...where,
    remedy: "write the path as a literal, or import all candidates and choose between them",
  });
}

/**
 * Sends imports of steps and of the step API to modules that ask the process they run in, and those of packages to where Node would find them.
 * @param elsewhere is given, of packages that are none of the project's, what the bundle imports and the folder
 */
function resolver(project: string, steps: readonly StepFile[], sources: Sources, elsewhere: Map<string, string>): Own["resolve"] {
  const packages = new PackagePaths(project);
  const byPath = new Map(steps.map((step) => [path.resolve(project, step.file), step]));
  const real = new Map<string, boolean>();
  const isReal = (file: string) => real.get(file) ?? real.set(file, isOwnPlace(file)).get(file)!;
  return async (args, builder) => {
    const { path: specifier, importer, resolveDir, kind, pluginData } = args;
    if (specifier === "stepbook") return { path: "stepbook", namespace: virtual.api };
    const found = await packages.find(args, builder);
    if (found) {
      sources.ask(found.file, resolveDir);
      const leads = leadsTo(found);
      if (found.kind === "elsewhere") elsewhere.set(leads.path!, path.relative(project, found.folder).replaceAll("\\", "/"));
      return leads;
    }
    if (!/(^|\/)\d+_[^/]*$/.test(specifier) || pluginData === asked) return undefined;
    // A whole path of a file that is no link leads there, which esbuild's process need not be asked for.
    const whole = path.resolve(resolveDir, specifier);
    const leadsThere = /^\.\.?\//.test(specifier) && byPath.has(whole) && isReal(whole);
    const step = byPath.get(leadsThere ? whole : (await builder.resolve(specifier, { importer, resolveDir, kind, pluginData: asked })).path);
    return step ? { path: step.name, namespace: virtual.input } : undefined;
  };
}

function isOwnPlace(file: string): boolean {
  try {
    return realpathSync.native(file) === file;
  } catch {
    return false;
  }
}

function generatedModules(exports: ReadonlyMap<string, readonly string[]>, apiNames: readonly string[]): Plugin {
  return {
    name: "stepbook",
    setup(builder) {
      builder.onLoad({ filter: /.*/, namespace: virtual.api }, () => ({ contents: generated(apiNames, (name) => `${apiCall}(${JSON.stringify(name)})`) }));
      builder.onLoad({ filter: /.*/, namespace: virtual.input }, ({ path: step }) => ({
        contents: generated(exports.get(step) ?? [], (name) => `${inputCall}(${JSON.stringify(step)},${JSON.stringify(name)})`),
      }));
    },
  };
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

const metaLocal = "__stepbook_here";

/** Gives each source file that looks at `import.meta` its own, since the bundle lies elsewhere. */
function withMeta(project: string, text: string, file: string): { contents: string; loader: Loader } | undefined {
  if (!/\bimport\.meta\b/.test(text)) return undefined;
  const relative = path.relative(project, file).replaceAll("\\", "/");
  // On the first line, so that no line moves.
  const loader = path.extname(file).replace(/^\.[cm]?/, "") as "ts" | "tsx" | "js" | "jsx";
  return { contents: `const ${metaLocal} = ${metaCall}(${JSON.stringify(relative)}); ${text.replace(/^#!.*/, "")}`, loader };
}

/** esbuild's message as ours: code, place, remedy. */
function explain(message: Message, exports: ReadonlyMap<string, readonly string[]>): never {
  const at = message.location;
  const place = at ? { place: { file: at.file, line: at.line, column: at.column + 1 } } : {};
  const step = at && stepPattern.test(path.basename(at.file)) ? { step: path.basename(at.file).replace(/\.[^.]+$/, "") } : {};
  const missing = /^No matching export in "([^"]+)" for import "([^"]+)"/.exec(message.text);
  if (missing) return missingExport(missing[1]!, missing[2]!, { ...place, ...step }, exports);
  if (message.id === "unsupported-dynamic-import" || message.text.includes("not a string literal")) {
    return refuseComputed({ ...place, ...step });
  }
  const unreadable = /^The entry point "([^"]+)" cannot be marked as external/.exec(message.text)?.[1];
  if (unreadable !== undefined) return fail("E_IMPORT", `${unreadable} is no file that can be read`, { place: { file: unreadable }, remedy: "is it a link that leads nowhere, or a folder?" });
  if (/^Could not resolve/.test(message.text)) {
    return fail("E_IMPORT", message.text.toLowerCase().startsWith("could") ? `cannot find ${message.text.slice(18)}` : message.text, {
      ...place,
      ...step,
      remedy: "check the path, its extension included",
    });
  }
  return fail("E_SYNTAX", `${message.text}${at ? `\n  ${at.lineText.trim()}` : ""}`, { ...place, ...step, remedy: "mend the code at that place" });
}

function missingExport(module: string, name: string, where: object, exports: ReadonlyMap<string, readonly string[]>): never {
  const step = module.startsWith(virtual.input) ? module.slice(virtual.input.length + 1) : undefined;
  if (step === undefined) {
    const known = module.startsWith(virtual.api) ? "stepbook" : module;
    return fail("E_MISSING_EXPORT", `${known} has no export "${name}"`, { ...where, remedy: "check the name" });
  }
  const config = name === "config" ? "config holds a step's settings and is no artifact; " : "";
  return fail("E_MISSING_EXPORT", `step ${step} has no export "${name}"`, {
    ...where,
    remedy: config + nearest(name, exports.get(step) ?? []),
  });
}
