import { readFileSync } from "node:fs";
import path from "node:path";
import { statOf } from "../store/files.ts";
import { terrainKey } from "./kept.ts";
import { modulesAbove, packageName, packageOf } from "./package-names.ts";
import { changedBefore, type Sight, sightOf } from "./sight.ts";

/** A path that a source file asked for. */
export interface Asked {
  readonly specifier: string;
  /** Absolute folder of the file that asks. */
  readonly from: string;
}

/** Files that say how paths are resolved and code is read, in a folder and in all above it. */
const settingFiles = ["package.json", "tsconfig.json", "jsconfig.json"];

/** What is known to matter before anything is resolved; held against what is there after. */
export function firstTerrain(project: string): string[] {
  const steps = path.join(project, "steps");
  return [terrainKey("folder", steps), terrainKey("place", steps), ...settingsAbove(steps).map((file) => terrainKey("file", file))];
}

/**
 * All that esbuild may have looked at to resolve these paths; rather too much than too little: what is not there and would be
 * taken, if it were, is part of it.
 * @param files absolute paths of the source files
 * @returns undefined where not all of it can be known
 */
export function terrainOf(project: string, files: readonly string[], asked: readonly Asked[]): Set<string> | undefined {
  const folders = new Set([...files.map((file) => path.dirname(file)), ...asked.map(({ from }) => from)]);
  const settings = new Set([...folders].flatMap(settingsAbove));
  const configs = readConfigs(
    [...settings].filter((file) => !file.endsWith("package.json")),
    settings,
  );
  if (!configs) return undefined;
  const targets = asked.flatMap(({ specifier, from }) =>
    /^[./]/.test(specifier) ? [path.resolve(from, specifier)] : configs.flatMap((config) => mapped(config, configs, specifier)),
  );
  const looked = new Set<string>([...folders, ...targets.flatMap((target) => [path.dirname(target), target])]);
  const packages = asked.flatMap(({ specifier, from }) => [from, project].flatMap((folder) => packagePlaces(specifier, folder)));
  for (const target of [...targets, ...packages]) settings.add(path.join(target, "package.json"));
  return new Set([
    ...[...looked].flatMap((folder) => [terrainKey("folder", folder), terrainKey("place", folder)]),
    ...packages.map((folder) => terrainKey("place", folder)),
    ...[...settings].map((file) => terrainKey("file", file)),
  ]);
}

/** Where Node looks for the package: up to the first folder that has it. */
function packagePlaces(specifier: string, from: string): string[] {
  const name = packageOf(specifier);
  const places: string[] = [];
  if (name === undefined || name === "stepbook") return places;
  for (const modules of modulesAbove(from)) {
    const folder = path.join(modules, name);
    places.push(statOf(modules) === null ? modules : folder);
    if (statOf(folder)) break;
  }
  return places;
}

function settingsAbove(folder: string): string[] {
  const here = settingFiles.map((name) => path.join(folder, name));
  const above = path.dirname(folder);
  return above === folder ? here : [...here, ...settingsAbove(above)];
}

/** What a tsconfig.json says of paths. */
interface Config {
  readonly folder: string;
  readonly baseUrl: string | undefined;
  readonly paths: Readonly<Record<string, readonly string[]>>;
}

/** The configs among these files, and those that they extend, which are added to the files. */
function readConfigs(candidates: readonly string[], files: Set<string>): Config[] | undefined {
  const configs: Config[] = [];
  const queue = [...candidates];
  const seen = new Set<string>();
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    files.add(file);
    if (seen.has(file) || !statOf(file)?.isFile()) continue;
    seen.add(file);
    const parsed = parseConfig(file);
    const bases = parsed && basesOf(parsed.bases, path.dirname(file));
    if (!bases) return undefined;
    configs.push(parsed.config);
    queue.push(...bases);
  }
  return configs;
}

function parseConfig(file: string): { config: Config; bases: readonly string[] } | undefined {
  try {
    const raw = JSON.parse(withoutComments(readFileSync(file, "utf8"))) as {
      extends?: string | string[];
      compilerOptions?: { baseUrl?: string; paths?: Config["paths"] };
    };
    const { baseUrl, paths = {} } = raw.compilerOptions ?? {};
    return { config: { folder: path.dirname(file), baseUrl, paths }, bases: [raw.extends ?? []].flat() };
  } catch {
    return undefined;
  }
}

/** A tsconfig.json may hold comments, and commas before a closing bracket. */
function withoutComments(text: string): string {
  const bare = text
    .replace(/^\ufeff/, "")
    .replace(/"(?:\\.|[^"\\])*"|\/\/[^\n]*|\/\*[\s\S]*?\*\//g, (found) => (found.startsWith("/") ? " " : found));
  return bare.replace(/"(?:\\.|[^"\\])*"|,(?=\s*[\]}])/g, (found) => (found === "," ? " " : found));
}

/** Where `extends` may lead; undefined: by a package's own rules. */
function basesOf(bases: readonly string[], folder: string): string[] | undefined {
  const found: string[] = [];
  for (const base of bases) {
    const beside = /^\.|^[/\\]|^[a-z]:/i.test(base);
    const roots = beside ? [path.resolve(folder, base)] : modulesAbove(folder).map((modules) => path.join(modules, base));
    const files = roots.flatMap((root) => [root, `${root}.json`, path.join(root, "tsconfig.json")]);
    if (!beside && (!files.some((file) => statOf(file)?.isFile()) || modulesAbove(folder).some((modules) => hasOwnRules(modules, base))))
      return undefined;
    found.push(...files);
  }
  return found;
}

function hasOwnRules(modules: string, specifier: string): boolean {
  try {
    return /"(?:exports|tsconfig)"/.test(readFileSync(path.join(modules, packageName(specifier), "package.json"), "utf8"));
  } catch {
    return false;
  }
}

/** Where a config sends a bare name, with each folder that it may count from. */
function mapped({ folder, baseUrl, paths }: Config, all: readonly Config[], specifier: string): string[] {
  const bases = new Set(
    all.flatMap((each) => [each.folder, ...(each.baseUrl === undefined ? [] : [path.resolve(each.folder, each.baseUrl)])]),
  );
  const targets = Object.entries(paths).flatMap(([pattern, to]) => {
    const star = matched(pattern, specifier);
    return star === undefined ? [] : to.map((target) => target.replace("*", () => star));
  });
  return [
    ...[...bases].flatMap((base) => targets.map((target) => path.resolve(base, target))),
    ...(baseUrl === undefined ? [] : [path.resolve(folder, baseUrl, specifier)]),
  ];
}

/** What the pattern's `*` stands for; undefined: it does not fit. */
function matched(pattern: string, specifier: string): string | undefined {
  const star = pattern.indexOf("*");
  if (star < 0) return pattern === specifier ? "" : undefined;
  const [before, after] = [pattern.slice(0, star), pattern.slice(star + 1)];
  const fits = specifier.length >= before.length + after.length && specifier.startsWith(before) && specifier.endsWith(after);
  return fits ? specifier.slice(before.length, specifier.length - after.length) : undefined;
}

/**
 * What is there now, if it certainly was there when the graph was read: seen the same before, or not changed since.
 * @param since when the reading began
 */
export function certainSight(kind: "file" | "folder" | "place", file: string, before: Sight | undefined, since: number): Sight | undefined {
  const now = sightOf(kind, file);
  if (before !== undefined) return before.digest === now.digest ? now : undefined;
  if (kind === "place") return unmovedSince(file, since) ? now : undefined;
  const stats = nearestStat(file);
  return stats !== null && changedBefore(stats, since) ? now : undefined;
}

/** The path itself, or the folder in which it would appear. */
function nearestStat(file: string) {
  for (let each = file; ; each = path.dirname(each)) {
    const stats = statOf(each);
    if (stats !== null || path.dirname(each) === each) return stats;
  }
}

/** A link that was changed changes the folder that holds it: the one above is the likeliest. */
function unmovedSince(folder: string, since: number): boolean {
  const stats = nearestStat(path.dirname(folder));
  return stats !== null && changedBefore(stats, since);
}
