import { readFileSync } from "node:fs";
import path from "node:path";
import { StepbookError } from "../errors.ts";
import type { Digest, Edge, Graph, Place, Step } from "../model.ts";
import type { Analysis } from "./analyse.ts";
import { bundleSteps, type Making, type RawBundle } from "./bundle.ts";
import { discoverSteps, type StepFile } from "./discover.ts";
import { refuseEarlyUses } from "./early.ts";
import { artifactsOf, guessExports, type Offers, offersOf, readExports } from "./exports.ts";
import { type Imports, refuseOrder } from "./import-order.ts";
import { type Checked, isImplied, type Known, readTerrainKey } from "./kept.ts";
import { mayReachOutside } from "./outside.ts";
import { readConfig } from "./settings.ts";
import { type Sight, sightOf } from "./sight.ts";
import { Sources } from "./sources.ts";
import { certainSight, firstTerrain, terrainOf } from "./terrain.ts";
import { isUrl, refuseUrl } from "./urls.ts";

/** A graph as it was made. */
export interface Made {
  readonly graph: Graph;
  /** All that it was made from, for certain; undefined where something moved meanwhile, or cannot be known. */
  readonly known: Known | undefined;
  /** Paths that matter, where nobody knows what was there then: to be looked at before the next reading. */
  readonly asked?: Known["terrain"];
}

/**
 * Makes the graph from the sources.
 * @param before what was kept: steps none of whose files changed are taken from it
 */
export async function makeGraph(project: string, apiNames: readonly string[], before: Checked | undefined): Promise<Made> {
  const since = Date.now();
  const first = before?.terrain ?? new Map(firstTerrain(project).map((key) => [key, sightOfKey(key)]));
  const files = discoverSteps(project);
  const sources = new Sources(project);
  const making = { project, files, byName: new Map(files.map((file) => [file.name, file])), apiNames, sources };
  const some = before && (await makeSome(making, before));
  const steps = some ?? (await makeAll(making));
  const imported = new Set(steps.flatMap((step) => step.edges.map((edge) => edge.from)));
  const graph = { project, steps: steps.map((step) => ({ ...step, unwired: step.edges.length === 0 && !imported.has(step.id) })) };
  return { graph, ...knownOf(graph, sources, some && before, first, since) };
}

function sightOfKey(key: string): Sight {
  return sightOf(...readTerrainKey(key));
}

/** What all steps export. Bundling tells better what is wrong with the sources; anything else (a file that could not be opened, once) is thrown as it is. */
async function exportsOf(making: Making): Promise<Offers> {
  const { project, files, sources } = making;
  try {
    return await readExports(
      project,
      files,
      sources,
      async (step, offers) => (await bundleSteps(making, [step], offers)).get(step.id)!.exports,
    );
  } catch (error) {
    if (error instanceof StepbookError) throw error;
    await bundleSteps(making, files, new Map());
    throw error;
  }
}

/** Makes only the steps that hold a changed file; undefined where others may depend on the change. */
async function makeSome(making: Making, before: Checked): Promise<Step[] | undefined> {
  const { files } = making;
  const old = new Map(before.graph.steps.map((step) => [step.id, step]));
  const stale = files.filter(({ id }) => Object.keys(old.get(id)?.code.sources ?? {}).some((file) => before.changed.has(file)));
  if (files.length !== old.size || files.some(({ id, name }) => old.get(id)?.name !== name)) return undefined;
  const exports = new Map(files.map(({ id, name }) => [name, old.get(id)!.offers]));
  const bundles = await bundleSteps(making, stale, exports).catch(unlessMissing);
  // What a step exports is part of the steps that import it.
  if (!bundles || stale.some(({ id }) => !sameNames(offersOf(bundles.get(id)!.exports), old.get(id)!.offers))) return undefined;
  const imports: Imports = (id) =>
    bundles.get(id)?.steps.map((name) => making.byName.get(name)!.id) ?? old.get(id)!.edges.map(({ from }) => from);
  const anew = new Map<string, Step>();
  for (const file of stale) {
    const raw = bundles.get(file.id)!;
    anew.set(
      file.id,
      keptStep(making, old.get(file.id)!, raw) ??
        readStep(making, file, raw, (await import("./analyse.ts")).analyse(raw.text), exports.get(file.name)!, imports),
    );
  }
  return files.map(({ id }) => anew.get(id) ?? old.get(id)!);
}

/** A missing export may only mean that the guessed or kept export list is wrong. */
function unlessMissing(error: unknown): undefined {
  if (!(error instanceof StepbookError && error.failure.code === "E_MISSING_EXPORT")) throw error;
}

async function makeAll(making: Making): Promise<Step[]> {
  // Slow to load, so while esbuild works.
  const [{ exports, bundles }, { analyse }] = await Promise.all([bundleAll(making), import("./analyse.ts")]);
  const imports: Imports = (id) => bundles.get(id)!.steps.map((name) => making.byName.get(name)!.id);
  return making.files.map((file) => {
    const raw = bundles.get(file.id)!;
    return readStep(making, file, raw, analyse(raw.text), exports.get(file.name) ?? [], imports);
  });
}

/**
 * The bundles of all steps, and what each exports: its bundle tells that for certain, and is made from what it is told of the
 * others. A guess that all bundles confirm saves the pass that asks.
 */
async function bundleAll(making: Making): Promise<{ exports: Offers; bundles: Map<string, RawBundle> }> {
  const { project, files } = making;
  const guess = guessExports(project, files);
  const guessed = guess && (await bundleSteps(making, files, guess).catch(unlessMissing));
  if (guessed && files.every(({ id, name }) => sameNames(offersOf(guessed.get(id)!.exports), guess.get(name)!)))
    return { exports: guess, bundles: guessed };
  const exports = await exportsOf(making);
  return { exports, bundles: await bundleSteps(making, files, exports) };
}

function sameNames(one: readonly string[], other: readonly string[]): boolean {
  return one.join() === other.join();
}

/** The step as it was, where only comments and layout have changed: what is read from its code is the same, and parsing it is much of such a run. */
function keptStep({ byName, sources }: Making, old: Step, raw: RawBundle): Step | undefined {
  if (old.code.text !== raw.text || raw.packages.join() !== old.packages.join()) return undefined;
  const imported = new Set(raw.steps.map((name) => byName.get(name)!.id));
  if (imported.size !== old.edges.length || !old.edges.every((edge) => imported.has(edge.from))) return undefined;
  const { digest, parts } = old.code;
  return { ...old, code: { text: raw.text, map: raw.map, digest, parts, sources: digestsOf(raw, sources) } };
}

function digestsOf({ sources }: RawBundle, from: Sources): Record<string, Digest> {
  return Object.fromEntries(sources.map((source) => [source, from.digest(source)]));
}

function knownOf(
  graph: Graph,
  sources: Sources,
  before: Checked | undefined,
  first: ReadonlyMap<string, Sight>,
  since: number,
): Omit<Made, "graph"> {
  if (sources.moved) return { known: undefined };
  const names = new Set(graph.steps.flatMap((step) => Object.keys(step.code.sources)));
  const files = new Map<string, Sight>();
  for (const name of names) {
    const sight = sources.sight(name) ?? before?.files.get(name);
    if (!sight) return { known: undefined };
    files.set(name, sight);
  }
  const asked = terrainOf(
    graph.project,
    [...names].filter((name) => sources.sight(name)).map((name) => path.resolve(graph.project, name)),
    sources.asked,
  );
  if (!asked) return { known: undefined };
  const terrain = new Map<string, Sight>();
  const same = new Map<string, Sight>();
  let certain = true;
  for (const key of new Set([...(before?.terrain.keys() ?? []), ...firstTerrain(graph.project), ...asked])) {
    const seen = first.get(key);
    const [kind, name] = readTerrainKey(key);
    const sight = seen && isImplied(kind, name, same) ? seen : certainSight(kind, name, seen, since);
    if (seen && sight) same.set(key, sight);
    certain &&= sight !== undefined;
    terrain.set(key, sight ?? sightOfKey(key));
  }
  return certain ? { known: { graph, files, terrain } } : { known: undefined, asked: terrain };
}

function readStep(making: Making, file: StepFile, raw: RawBundle, analysis: Analysis, offers: readonly string[], imports: Imports): Step {
  const { project, apiNames, sources } = making;
  const url = raw.externals.find(isUrl);
  if (url !== undefined) refuseUrl(url, file.id, findImport(project, [file.file, ...raw.sources], url));
  refuseEarlyUses(project, file.id, raw, analysis.early);
  return {
    ...file,
    code: {
      text: raw.text,
      map: raw.map,
      digest: analysis.digest,
      parts: analysis.parts,
      sources: digestsOf(raw, sources),
    },
    edges: readEdges(making, file, raw, analysis, imports),
    exports: artifactsOf(offers),
    offers,
    packages: raw.packages,
    config: readConfig(file.id, file.file, analysis.config),
    params: analysis.params,
    ...apiOf(analysis, apiNames),
    outside: mayReachOutside(raw.text, raw.externals),
    unawaited: analysis.unawaited,
    unwired: false,
  };
}

/** Where the whole API is taken at once (`require("stepbook")`, `import()`), what the step uses of it is only seen when it runs. */
function apiOf({ uses, openParams }: Analysis, apiNames: readonly string[]): Pick<Step, "uses" | "openParams"> {
  const used = new Set(uses);
  return apiNames.every((name) => used.has(name)) ? { uses: [], openParams: true } : { uses, openParams };
}

function readEdges({ project, byName }: Making, step: StepFile, raw: RawBundle, analysis: Analysis, imports: Imports): Edge[] {
  return raw.steps
    .map((name) => byName.get(name)!)
    .sort((a, b) => a.number - b.number)
    .map((from) => {
      if (from.number >= step.number)
        refuseOrder(step, from, imports, findImport(project, [step.file, ...raw.sources], path.basename(from.file)));
      return { from: from.id, exports: analysis.inputs.get(from.name) ?? [] };
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
