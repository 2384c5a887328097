import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import path from "node:path";
import { fail } from "../errors.ts";
import type { Edge, Graph, Place, Step } from "../model.ts";
import { type Analysis, analyse } from "./analyse.ts";
import { bundleSteps, type RawBundle } from "./bundle.ts";
import { discoverSteps, type StepFile } from "./discover.ts";
import { readExports } from "./exports.ts";
import { NotLiteral } from "./literal.ts";
import { defaultConfig, readConfig } from "./settings.ts";

/**
 * Folder → steps → bundles → edges. Runs no user code.
 * @param apiNames what the step API exports
 * @throws E_NO_STEPS, E_STEP_NAME, E_SYNTAX, E_IMPORT, E_IMPORT_ORDER, E_MISSING_EXPORT, E_COMPUTED_IMPORT, E_CONFIG
 */
export async function readGraph(project: string, apiNames: readonly string[]): Promise<Graph> {
  const files = discoverSteps(project);
  const exports = await readExports(project, files).catch(() => new Map<string, string[]>());
  // Where the first pass failed, the second fails too, and with the better message.
  const bundles = await bundleSteps(project, files, exports, apiNames);
  const byName = new Map(files.map((file) => [file.name, file]));
  const steps = files.map((file) => readStep(project, file, bundles.get(file.id)!, exports.get(file.name) ?? [], byName));
  const imported = new Set(steps.flatMap((step) => step.edges.map((edge) => edge.from)));
  return { project, steps: steps.map((step) => ({ ...step, unwired: step.edges.length === 0 && !imported.has(step.id) })) };
}

function readStep(project: string, file: StepFile, raw: RawBundle, exports: readonly string[], byName: ReadonlyMap<string, StepFile>): Step {
  const analysis = analyse(raw.text);
  return {
    ...file,
    code: {
      text: raw.text,
      map: raw.map,
      digest: analysis.digest,
      parts: analysis.parts,
      sources: Object.fromEntries(raw.sources.map((source) => [source, hashFile(path.join(project, source))])),
    },
    edges: readEdges(project, file, raw, analysis, byName),
    exports,
    packages: packageNames(raw.externals),
    config: settings(file, analysis),
    params: analysis.params,
    openParams: analysis.openParams,
    uses: analysis.uses,
    unwired: false,
  };
}

function hashFile(file: string): string {
  return createHash("sha256").update(readFileSync(file)).digest("hex");
}

function settings(file: StepFile, analysis: Analysis) {
  if (analysis.config === undefined) return defaultConfig;
  if (analysis.config instanceof NotLiteral) {
    return fail("E_CONFIG", `config of ${file.id} is computed`, {
      step: file.id,
      place: { file: file.file },
      remedy: "write it as a literal: it is read without running the step",
    });
  }
  return readConfig(file.id, file.file, analysis.config);
}

function readEdges(project: string, step: StepFile, raw: RawBundle, analysis: Analysis, byName: ReadonlyMap<string, StepFile>): Edge[] {
  return raw.steps
    .map((name) => byName.get(name)!)
    .sort((a, b) => a.number - b.number)
    .map((from) => {
      if (from.number >= step.number) refuseOrder(project, step, from, raw);
      return { from: from.id, exports: analysis.inputs.get(from.name) ?? [] };
    });
}

function refuseOrder(project: string, step: StepFile, from: StepFile, raw: RawBundle): never {
  const message = from.id === step.id ? `${step.id} imports itself` : `${step.id} imports ${from.id}, which does not come before it`;
  return fail("E_IMPORT_ORDER", message, {
    step: step.id,
    place: findImport(project, [step.file, ...raw.sources], path.basename(from.file)),
    remedy: `a step imports lower numbers only: give ${from.id} a number below ${step.number}, or ${step.id} a higher one`,
  });
}

/** Where one of the files names the import. */
function findImport(project: string, files: readonly string[], specifier: string): Place {
  for (const file of files) {
    const lines = readFileSync(path.join(project, file), "utf8").split("\n");
    const line = lines.findIndex((text) => text.includes(specifier.replace(/\.[^.]+$/, "")) && /\b(import|from)\b/.test(text));
    if (line >= 0) return { file, line: line + 1, column: lines[line]!.indexOf(specifier.replace(/\.[^.]+$/, "")) + 1 };
  }
  return { file: files[0]! };
}

const builtins = new Set(builtinModules);

function packageNames(specifiers: readonly string[]): string[] {
  const names = specifiers
    .filter((specifier) => !specifier.startsWith("node:") && !builtins.has(specifier.split("/")[0]!) && !/^[./]|^[a-z]+:/.test(specifier))
    .map((specifier) => specifier.split("/").slice(0, specifier.startsWith("@") ? 2 : 1).join("/"));
  return [...new Set(names)].sort();
}
