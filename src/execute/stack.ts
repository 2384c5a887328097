import path from "node:path";
import { withThoseBehind } from "../causes.ts";
import type { Failure } from "../errors.ts";
import type { Place } from "../model.ts";
import { frameOf, isEngineFile } from "../step/place.ts";

interface Where {
  readonly project: string;
  readonly step: string;
}

/** A failure inside a step with its step, the user's line, and a stack without the engine's frames. */
export function failureOfStep(where: Where, failure: Failure, thrown: unknown): Failure {
  const [own = [], ...behind] = thrown instanceof Error ? withThoseBehind(thrown).map(framesOf) : [];
  const place = failure.place ? inProject(where.project, failure.place) : firstPlace([...own, ...behind.flat()], where.project);
  const kept = own.filter((line) => !isEngine(line)).map((line) => line.replaceAll(`${where.project}${path.sep}`, ""));
  const { stack, ...said } = failure;
  // Nobody knows the bundle's file.
  const told = {
    ...said,
    message: said.message.replace(/(Cannot find (?:package|module) '[^']*') imported from .*\/\.stepbook\/bundles\/\S+/, "$1"),
  };
  // Frames of Node alone say more than none.
  const shown = kept.length > 0 || stack === undefined ? kept : own;
  return {
    ...remedyFor(failure),
    ...told,
    step: where.step,
    ...(place ? { place } : {}),
    ...(shown.length > 0 ? { stack: shown.join("\n") } : {}),
  };
}

function framesOf({ stack }: Error): string[] {
  return (stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
}

function firstPlace(frames: readonly string[], project: string): Place | undefined {
  for (const line of frames) {
    const place = placeInProject(line, project);
    if (place) return place;
  }
  return undefined;
}

/** What Node, or the bundle, says of code that it cannot take, and what to do. */
const remedies: readonly [said: RegExp, remedy: string][] = [
  [/Cannot find (?:package|module) '((?:@[^/']+\/)?[^/'.@][^/']*)/, "npm install $1"],
  [
    /Unknown file extension "\.[cm]?tsx?"|Stripping types is currently unsupported/,
    "Node reads TypeScript only in what a step imports: the script of a worker, and what a package imports, has to be JavaScript",
  ],
  [/Dynamic require of ".*" is not supported|\brequire is not defined/, "a step is an ES module: import it"],
  [/__(?:dir|file)name is not defined/, "a step is an ES module: import.meta.dirname, import.meta.filename"],
];

function remedyFor({ code, message }: Failure): { remedy?: string } {
  if (code !== "E_STEP_THREW") return {};
  for (const [said, remedy] of remedies) {
    const found = said.exec(message);
    if (found) return { remedy: remedy.replace("$1", found[1] ?? "") };
  }
  return {};
}

function inProject(project: string, place: Place): Place {
  return path.isAbsolute(place.file) ? { ...place, file: path.relative(project, place.file).replaceAll("\\", "/") } : place;
}

function isEngine(line: string): boolean {
  const place = frameOf(line);
  // What esbuild puts into a bundle comes from no source.
  return /\(node:|at node:|\/\.stepbook\/bundles\//.test(line) || (place !== undefined && isEngineFile(place.file));
}

/** The place in the user's sources, which may lie beside the project, that a stack frame shows. */
function placeInProject(line: string, project: string): Place | undefined {
  const place = isEngine(line) ? undefined : frameOf(line);
  const file = place && path.relative(project, place.file).replaceAll("\\", "/");
  if (file === undefined || path.isAbsolute(file) || /(^|\/)node_modules\/|^\.stepbook\//.test(file)) return undefined;
  return { ...place, file };
}
