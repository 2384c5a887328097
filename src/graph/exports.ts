import { readFileSync } from "node:fs";
import path from "node:path";
import { build } from "esbuild";
import type { StepFile } from "./discover.ts";
import { withEsbuild } from "./esbuild-again.ts";
import type { Sources } from "./sources.ts";

/** Exports of a module that are code or settings, never artifacts. */
const notArtifacts: ReadonlySet<string> = new Set(["config"]);

/** Node 23's name for all that a CommonJS module exports, beside the names in it. Here it marks such a module. */
export const whole = "module.exports";

/** Step → the names that it offers. */
export type Offers = ReadonlyMap<string, readonly string[]>;

/**
 * The names that each step offers: what the importers' generated modules have.
 * @param bundled finds by bundling what a step with an `export *` exports, given what the steps before it offer
 */
export async function readExports(
  project: string,
  steps: readonly StepFile[],
  sources: Sources,
  bundled: (step: StepFile, offers: Offers) => Promise<readonly string[]>,
): Promise<Offers> {
  const modules = await transform(project, steps, sources);
  const result = new Map<string, readonly string[]>();
  for (const step of steps) result.set(step.name, offersOf(modules.get(step.file)!.names));
  for (const step of steps) if (modules.get(step.file)!.star) result.set(step.name, offersOf(await bundled(step, result)));
  return result;
}

/** Each file for itself: the names that it exports, and whether there is an `export *`. */
async function transform(
  project: string,
  steps: readonly StepFile[],
  sources: Sources,
): Promise<Map<string, { names: readonly string[]; star: boolean }>> {
  const { outputFiles, metafile } = await withEsbuild(() =>
    build({
      absWorkingDir: project,
      entryPoints: steps.map(({ file }) => file),
      outdir: "out",
      outbase: ".",
      bundle: false,
      write: false,
      metafile: true,
      format: "esm",
      logLevel: "silent",
      plugins: [sources.plugin()],
    }),
  );
  return new Map(
    outputFiles.map((output) => {
      const { entryPoint, exports } = metafile.outputs[path.relative(project, output.path).replaceAll("\\", "/")]!;
      return [
        entryPoint!,
        {
          names: exportedBy(project, entryPoint!, metafile.inputs[entryPoint!]?.format, exports),
          star: /^export \* from /m.test(output.text),
        },
      ];
    }),
  );
}

/**
 * The same, as far as the texts of the steps tell: in no time, and perhaps wrong.
 * @returns undefined where a glance does not tell what one of them exports
 */
export function guessExports(project: string, steps: readonly StepFile[]): Offers | undefined {
  const result = new Map<string, readonly string[]>();
  for (const { file, name } of steps) {
    const names = exportsInText(readOrNothing(path.join(project, file)));
    if (!names) return undefined;
    result.set(name, offersOf(names));
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

/** What a file exports, of what esbuild says that it does: a CommonJS script that sets no exports has an empty `default` there. */
export function exportedBy(
  project: string,
  file: string,
  format: "cjs" | "esm" | undefined,
  exports: readonly string[],
): readonly string[] {
  if (format !== "cjs") return exports;
  const text = readOrNothing(path.join(project, file)) ?? "";
  return /\bexports?\b/.test(text) ? [...new Set(["default", whole, ...namesInCommonJs(text)])] : [];
}

const assigned = /\bexports\.([\w$]+)\s*=(?!=)/g;
const assignedTogether = /\b(?:module\.exports|export)\s*=\s*\{([^{}]*)/g;

/** What Node, too, finds at a glance: `exports.x = …`, `module.exports = { x, y: … }`. */
function namesInCommonJs(text: string): string[] {
  const together = [...text.matchAll(assignedTogether)].flatMap(([, fields]) => [...fields!.matchAll(/(?:^|,)\s*([\w$]+)\s*(?=[,:]|$)/g)]);
  return [...text.matchAll(assigned), ...together].map(([, name]) => name!);
}

/** Of a module's exports: those that other steps may import, sorted. */
export function offersOf(exports: readonly string[]): readonly string[] {
  return exports.filter((name) => !notArtifacts.has(name)).sort();
}

/** Of what a step offers: its artifacts. All that a module in CommonJS exports is one. */
export function artifactsOf(offers: readonly string[]): readonly string[] {
  return offers.includes(whole) ? ["default"] : offers;
}
