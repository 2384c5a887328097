import { readFileSync } from "node:fs";
import path from "node:path";
import { build, type Metafile } from "esbuild";
import type { StepFile } from "./discover.ts";
import type { Sources } from "./sources.ts";

/** Exports of a module that are code or settings, never artifacts. */
const notArtifacts: ReadonlySet<string> = new Set(["config"]);

/**
 * The names that each step exports as artifacts, without bundling: what the importers' generated
 * modules offer. `export *` is followed, through helpers and through other steps.
 */
export async function readExports(project: string, steps: readonly StepFile[], sources: Sources): Promise<Map<string, string[]>> {
  const reader = new ExportReader(project, sources);
  await reader.load(steps.map((step) => step.file));
  const result = new Map<string, string[]>();
  for (const step of steps) {
    const names = await reader.names(step.file, new Set());
    result.set(step.name, artifactsOf([...names]));
  }
  return result;
}

/**
 * The same, as far as the texts of the steps tell: in no time, and perhaps wrong.
 * @returns undefined where one of them exports what no glance at it tells
 */
export function guessExports(project: string, steps: readonly StepFile[]): Map<string, string[]> | undefined {
  const result = new Map<string, string[]>();
  for (const { file, name } of steps) {
    const names = exportsInText(readOrNothing(path.join(project, file)));
    if (!names) return undefined;
    result.set(name, artifactsOf(names));
  }
  return result;
}

const declared = /^export\s+(?:abstract\s+|async\s+)?(?:(?:const|let|var|class|enum)\s+|function\b[\s*]+)([\w$]+)|^export\s+(default)\b/gm;
const listed = /^export\s*\{([^}]*)\}/gm;
const untold = /^export\s*(?:\*|(?:const|let|var)\s*[[{])/m;

function exportsInText(text: string | undefined): string[] | undefined {
  if (text === undefined || untold.test(text)) return undefined;
  const inLists = [...text.matchAll(listed)].flatMap(([, list]) => list!.split(",").map((each) => each.trim()));
  const values = inLists.filter((each) => each !== "" && !each.startsWith("type ")).map((each) => each.replace(/^.*\sas\s+/s, ""));
  const names = [...text.matchAll(declared)].map(([, name, unnamed]) => name ?? unnamed!);
  return [...new Set([...names, ...values])];
}

function readOrNothing(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined;
  }
}

/** Of what esbuild says that a file exports: what it does. A script in CommonJS that sets no exports has an empty `default` there. */
export function exportedBy(project: string, file: string, format: "cjs" | "esm" | undefined, exports: string[]): string[] {
  return format === "cjs" && !/\bexports?\b/.test(readOrNothing(path.join(project, file)) ?? "") ? [] : exports;
}

/** Of a module's exports: those that are artifacts, sorted. */
export function artifactsOf(exports: readonly string[]): string[] {
  return exports.filter((name) => !notArtifacts.has(name)).sort();
}

class ExportReader {
  readonly #project: string;
  readonly #sources: Sources;
  readonly #modules = new Map<string, { names: string[]; stars: string[] }>();

  constructor(project: string, sources: Sources) {
    this.#project = project;
    this.#sources = sources;
  }

  /** Transforms the files, each for itself, and notes what they export. */
  async load(files: readonly string[]): Promise<void> {
    if (files.length === 0) return;
    const result = await build({
      absWorkingDir: this.#project,
      entryPoints: [...files],
      outdir: "out",
      outbase: ".",
      bundle: false,
      write: false,
      metafile: true,
      format: "esm",
      logLevel: "silent",
      plugins: [this.#sources.plugin()],
    });
    for (const output of result.outputFiles) {
      const key = path.relative(this.#project, output.path).replaceAll("\\", "/");
      const meta = result.metafile.outputs[key] as Metafile["outputs"][string];
      const stars = [...output.text.matchAll(/^export \* from "([^"]+)";$/gm)].map((match) => match[1]!);
      const names = exportedBy(this.#project, meta.entryPoint!, result.metafile.inputs[meta.entryPoint!]?.format, meta.exports);
      this.#modules.set(meta.entryPoint!, { names, stars });
    }
  }

  async names(file: string, seen: Set<string>): Promise<Set<string>> {
    if (seen.has(file)) return new Set();
    seen.add(file);
    if (!this.#modules.has(file)) await this.load([file]);
    const module = this.#modules.get(file)!;
    const names = new Set(module.names);
    for (const star of module.stars.filter((specifier) => specifier.startsWith("."))) {
      const target = path.posix.join(path.posix.dirname(file), star);
      for (const name of await this.names(target, seen)) if (name !== "default") names.add(name);
    }
    return names;
  }
}
