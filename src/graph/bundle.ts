import path from "node:path";
import { pathToFileURL } from "node:url";
import { build, type BuildFailure, type BuildResult, type Metafile, type OutputFile } from "esbuild";
import { fail, StepbookError } from "../errors.ts";
import { conditions } from "./conditions.ts";
import type { StepFile } from "./discover.ts";
import { withEsbuild } from "./esbuild-again.ts";
import { explain, refuseGlobs } from "./explain.ts";
import { exportedBy, type Offers } from "./exports.ts";
import { bannerOf, type Extra, extrasOf } from "./extras.ts";
import { mayLack, packageOf } from "./package-names.ts";
import { extensions } from "./source-paths.ts";
import type { Own, Sources } from "./sources.ts";
import { generatedModules, isApi, ofHere, resolver, stepBehind, withMeta } from "./swapped.ts";

/** A step's code as esbuild gives it. */
export interface RawBundle {
  readonly text: string;
  readonly map: string;
  /** Source files in the bundle, relative to the project. */
  readonly sources: readonly string[];
  /** Import specifiers left outside: packages and Node's modules. */
  readonly externals: readonly string[];
  /** Names of those packages, as in a {@link Step}. */
  readonly packages: readonly string[];
  /** Names of steps that the bundle's files import, used or not. */
  readonly steps: readonly string[];
  /** Names of all that the step's module exports. */
  readonly exports: readonly string[];
}

/** What a graph is made from. */
export interface Making {
  readonly project: string;
  /** All steps. */
  readonly files: readonly StepFile[];
  readonly byName: ReadonlyMap<string, StepFile>;
  /** What the step API exports. */
  readonly apiNames: readonly string[];
  readonly sources: Sources;
}

/**
 * One esbuild call over all wanted steps: each with its helpers, tree-shaken, without its layout,
 * with other steps and the step API swapped for generated modules and packages left outside.
 * @throws E_SYNTAX, E_IMPORT, E_MISSING_EXPORT, E_COMPUTED_IMPORT
 */
export async function bundleSteps(making: Making, wanted: readonly StepFile[], exports: Offers): Promise<Map<string, RawBundle>> {
  const elsewhere = new Map<string, string>();
  const resolve = resolver(making.project, making.files, making.sources, elsewhere);
  const bundle = async (some: readonly StepFile[], extras: readonly Extra[]) => {
    if (some.length === 0) return [];
    const result = await run(making, some, exports, resolve, extras);
    const texts = new Map(result.outputFiles.map((file) => [file.path, file]));
    return some.map((step) => [step.id, rawBundle(making, step, result.metafile, texts, elsewhere)] as const);
  };
  const first = await bundle(wanted, []);
  const wants = new Map(first.map(([id, raw]) => [id, extrasOf(raw)]));
  const kinds = new Map([...wants.values()].filter((extras) => extras.length > 0).map((extras) => [extras.join(), extras]));
  const others = [...kinds].map(([kind, extras]) =>
    bundle(
      wanted.filter(({ id }) => wants.get(id)!.join() === kind),
      extras,
    ),
  );
  return new Map([...first, ...(await Promise.all(others)).flat()]);
}

function rawBundle(
  { project, sources }: Making,
  step: StepFile,
  { inputs: all, outputs }: Metafile,
  texts: ReadonlyMap<string, OutputFile>,
  elsewhere: ReadonlyMap<string, string>,
): RawBundle {
  const key = `${step.id}.mjs`;
  const file = (name: string) => texts.get(path.resolve(project, name))!.text;
  const inputs = reachable(all, step.file);
  const externals = outputs[key]!.imports.filter((each) => each.external).map((each) => each.path);
  return {
    text: file(key),
    map: file(`${key}.map`),
    // All that is reached, not output.inputs: a constant that was inlined leaves no other trace of its file.
    sources: [...new Set(inputs.filter(isFile).map((name) => fileOf(name, sources)))].sort(),
    externals,
    packages: packagesOf(outputs[key]!.imports, elsewhere),
    exports: exportedBy(project, step.file, all[step.file]?.format, outputs[key]!.exports),
    steps: inputs.flatMap((name) => stepBehind(name) ?? []),
  };
}

/** The packages that are imported: `name?` where only by `import()` and `require`, which may fail and be caught. */
function packagesOf(imports: Metafile["outputs"][string]["imports"], elsewhere: ReadonlyMap<string, string>): string[] {
  const packages = new Map<string, boolean>();
  for (const { path: specifier, kind, external } of imports) {
    const name = external ? (elsewhere.get(specifier) ?? packageOf(specifier)) : undefined;
    if (name !== undefined) packages.set(name, packages.get(name) === true || kind === "import-statement");
  }
  return [...packages].map(([name, needed]) => (needed ? name : mayLack(name))).sort();
}

/** Not what is generated, nor `data:text/javascript,…`, which the import itself holds. */
function isFile(name: string): boolean {
  return stepBehind(name) === undefined && !isApi(name) && !name.startsWith("<data:");
}

/** Of a file that is imported `with { type: "json" }`, or as `./x.ts?second`, esbuild's name includes that. */
function fileOf(name: string, sources: Sources): string {
  const file = name.replace(/ with \{ .* \}$/, "");
  return sources.sight(file) ? file : file.replace(/[?#].*$/, "");
}

function reachable(inputs: Readonly<Record<string, { imports: { path: string }[] }>>, entry: string): string[] {
  const seen = new Set<string>([entry]);
  for (const name of seen) for (const next of inputs[name]?.imports ?? []) if (inputs[next.path]) seen.add(next.path);
  return [...seen];
}

async function run(
  { project, apiNames, sources }: Making,
  wanted: readonly StepFile[],
  exports: Offers,
  resolve: Own["resolve"],
  extras: readonly Extra[],
): Promise<BuildResult<{ write: false; metafile: true }>> {
  try {
    const result = await withEsbuild(() =>
      build({
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
        conditions: conditions(),
        resolveExtensions: extensions,
        charset: "utf8",
        treeShaking: true,
        keepNames: extras.includes("names"),
        banner: { js: bannerOf(extras) },
        minifyWhitespace: true,
        legalComments: "none",
        sourcemap: "external",
        sourcesContent: false,
        logLevel: "silent",
        logOverride: { "unsupported-dynamic-import": "error", "unsupported-require-call": "error" },
        define: ofHere,
        plugins: [sources.plugin({ rewrite: (text, file) => withMeta(project, text, file), resolve }), generatedModules(exports, apiNames)],
      }),
    );
    refuseGlobs(result.metafile!.inputs);
    return result as BuildResult<{ write: false; metafile: true }>;
  } catch (error) {
    const [message] = (error as BuildFailure).errors ?? [];
    if (error instanceof StepbookError) throw error;
    // Its process could not be started, or has ended.
    if (!message)
      return fail(
        "E_FILE",
        `esbuild does not run here: ${(error as Error).message}`,
        { remedy: "is the limit of open files (`ulimit -n`) low? Else `npm ci` installs it anew" },
        error,
      );
    return explain(message, exports);
  }
}
