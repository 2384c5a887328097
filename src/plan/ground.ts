import path from "node:path";
import { realpathSync } from "node:fs";
import { type Known, readTerrainKey, terrainKey } from "../graph/kept.ts";
import { type Sight, type SightKind, sightOf } from "../graph/sight.ts";
import type { Digest } from "../model.ts";
import { pacer } from "../pace.ts";
import { digestOf } from "../store/digest.ts";
import { signatureOf, statOf } from "../store/files.ts";

/** What was there, by the cheapest looks that show any change. Paths are absolute. */
export interface Ground {
  /** Files and folders that are as they were as long as their signature is. */
  readonly signed: readonly (readonly [path: string, signature: string])[];
  /** Where folders and files really lie. */
  readonly places: readonly (readonly [path: string, real: string])[];
  /** What has no signature: nothing there, or a folder with links in it. */
  readonly others: readonly (readonly [kind: SightKind, path: string, digest: Digest | null])[];
}

/** A look at a path, as the graph keeps it. */
interface Look {
  readonly kind: SightKind;
  readonly path: string;
  readonly sight: Sight;
}

/**
 * What the graph was made from. Most of its looks are those at paths in a folder whose entries are looked at too: as long as
 * those are the same, so is what kind of thing lies there, and they are left out.
 * @returns undefined where a source file changed so lately that a further change may not show
 */
export function groundOf(project: string, { files, terrain }: Pick<Known, "files" | "terrain">): Ground | undefined {
  if ([...files.values()].some(({ signature }) => signature === "")) return undefined;
  const looks = [...terrain].map(([key, sight]): Look => {
    const [kind, name] = readTerrainKey(key);
    return { kind, path: path.resolve(project, name), sight };
  });
  const closed = new Set(
    looks
      .filter(({ kind, path, sight }) => kind === "folder" && sight.signature !== "" && terrain.has(terrainKey("place", path)))
      .map((look) => look.path),
  );
  const left = looks.filter((look) => !isImplied(look, closed));
  const sources = [...files].map(([file, { signature }]) => [path.resolve(project, file), signature] as const);
  const signed = left.filter(({ sight }) => sight.signature !== "").map((look) => [look.path, look.sight.signature] as const);
  const places = left.flatMap((look) => placeOf(look));
  const placed = new Set(places.map(([place]) => place));
  const others = left.filter(({ kind, path, sight }) => sight.signature === "" && !(kind === "place" && placed.has(path)));
  return { signed: [...sources, ...signed], places, others: others.map(({ kind, path, sight }) => [kind, path, sight.digest]) };
}

/** Whether a look finds what it found as long as the folders that are closed have the same entries, none of them a link. */
function isImplied({ kind, path: file, sight }: Look, closed: ReadonlySet<string>): boolean {
  if (liesInNothing(file, closed)) return true;
  if (!closed.has(path.dirname(file)) || sight.signature !== "") return false;
  // What is there and could not be read may be readable later.
  return kind === "place" || statOf(file) === null || (kind === "folder" && statOf(file)?.isFile() === true);
}

/** Whether a path leads through a name under which a closed folder has no folder. */
function liesInNothing(file: string, closed: ReadonlySet<string>): boolean {
  const above = path.dirname(file);
  if (above === file) return false;
  return (closed.has(path.dirname(above)) && statOf(above)?.isDirectory() !== true) || liesInNothing(above, closed);
}

function placeOf({ kind, path: file, sight }: Look): [path: string, real: string][] {
  if (kind !== "place" || sight.digest === null) return [];
  const real = realpathSync.native(file);
  return digestOf(real) === sight.digest ? [[file, real]] : [];
}

/** Whether all is as it was. */
export async function isUnmoved({ signed, places, others }: Ground): Promise<boolean> {
  const pace = pacer();
  for (const [file, signature] of signed) {
    const stats = statOf(file);
    if (stats === null || signatureOf(stats) !== signature) return false;
    const due = pace();
    if (due) await due;
  }
  return (
    places.every(([file, real]) => reallyAt(file) === real) && others.every(([kind, file, digest]) => sightOf(kind, file).digest === digest)
  );
}

function reallyAt(file: string): string | undefined {
  try {
    return realpathSync.native(file);
  } catch {
    return undefined;
  }
}
