import path from "node:path";
import type { Failure } from "../errors.ts";
import type { Place } from "../model.ts";
import { frameOf, isEngineFile } from "../step/place.ts";

interface Where {
  readonly project: string;
  readonly step: string;
}

/** A failure inside a step with its step, the user's line, and a stack without the engine's frames. */
export function failureOfStep(where: Where, failure: Failure, thrown: unknown): Failure {
  const stack = thrown instanceof Error ? thrown.stack : undefined;
  const frames = (stack?.split("\n") ?? []).filter((line) => /^\s+at /.test(line)).map((line) => ({ line, place: placeOf(line, where.project) }));
  const place = failure.place ? inProject(where.project, failure.place) : frames.find((frame) => frame.place)?.place;
  const kept = frames.filter(({ line }) => !isEngine(line)).map(({ line }) => line.replaceAll(`${where.project}${path.sep}`, ""));
  return {
    ...(isTypeScriptInPackage(thrown) ? { remedy: "Node reads no TypeScript inside a package: import what that was built to, in JavaScript" } : {}),
    ...failure,
    step: where.step,
    ...(place ? { place } : {}),
    ...(kept.length > 0 ? { stack: kept.join("\n") } : {}),
  };
}

function isTypeScriptInPackage(thrown: unknown): boolean {
  const { code, message } = (thrown ?? {}) as Partial<NodeJS.ErrnoException>;
  return code === "ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING" || (code === "ERR_UNKNOWN_FILE_EXTENSION" && /"\.[cm]?tsx?"/.test(message ?? ""));
}

function inProject(project: string, place: Place): Place {
  return path.isAbsolute(place.file) ? { ...place, file: path.relative(project, place.file).replaceAll("\\", "/") } : place;
}

function isEngine(line: string): boolean {
  const place = frameOf(line);
  return /\(node:|at node:/.test(line) || (place !== undefined && isEngineFile(place.file));
}

/** The place in the user's sources, which may lie beside the project, that a stack frame shows. */
function placeOf(line: string, project: string): Place | undefined {
  const place = isEngine(line) ? undefined : frameOf(line);
  const file = place && path.relative(project, place.file).replaceAll("\\", "/");
  if (file === undefined || path.isAbsolute(file) || /(^|\/)node_modules\/|^\.stepbook\//.test(file)) return undefined;
  return { ...place, file };
}
