import { readFileSync, statSync } from "node:fs";
import path from "node:path";
import type { Bundle, Graph, Step, StepId } from "../model.ts";
import { digestOf } from "../store/digest.ts";
import { signatureOf } from "../store/files.ts";
import { keepWhole } from "../store/keep.ts";
import { customConditions } from "./conditions.ts";
import { type Sight, type SightKind, stillThere } from "./sight.ts";

/** Raised where what is kept, or how it is checked, changes. */
const format = 3;

/** A graph and all that it was made from. */
export interface Known {
  readonly graph: Graph;
  /** Source file, relative to the project → its content. */
  readonly files: ReadonlyMap<string, Sight>;
  /** What paths were resolved by, besides: `kind path` → what was there. */
  readonly terrain: ReadonlyMap<string, Sight>;
}

/** A graph that was kept, held against the files as they are now. */
export interface Checked extends Known {
  /** Files whose content has changed. */
  readonly changed: ReadonlySet<string>;
  /** Whether something can be checked faster from now on. */
  readonly renewed: boolean;
}

interface Body {
  readonly key: string;
  readonly steps: readonly (Omit<Step, "code"> & { readonly code: Omit<Bundle, "text" | "map"> })[];
  readonly files: readonly [file: string, digest: string | null, signature: string][];
  readonly terrain: readonly [key: string, digest: string | null, signature: string][];
}

type Texts = Readonly<Record<StepId, { readonly text: string; readonly map: string }>>;

/** All that decides how a graph is read, beside the files: `maker` names the versions of what reads it. */
export function keyOf(project: string, apiNames: readonly string[], maker: string): string {
  const { NODE_PATH, ESBUILD_BINARY_PATH } = process.env;
  return JSON.stringify([
    format,
    project,
    apiNames,
    maker,
    process.version,
    NODE_PATH ?? null,
    ESBUILD_BINARY_PATH ?? null,
    customConditions(),
  ]);
}

/** The kept graph, where paths would be resolved as they were; undefined where there is none, or any doubt. */
export function checkGraph(file: string, project: string, apiNames: readonly string[], maker: string): Checked | undefined {
  const kept = readGraphFile(file, keyOf(project, apiNames, maker));
  if (!kept) return undefined;
  const terrain = checkTerrain(project, kept.body);
  return terrain && checkFiles(project, kept, terrain);
}

interface GraphFile {
  readonly body: Body;
  texts(): Texts;
}

/** What was read last, since a watch reads it at every save. It is still checked against the files. */
let last: { readonly file: string; readonly signature: string; readonly kept: GraphFile } | undefined;

function readGraphFile(file: string, key: string): GraphFile | undefined {
  try {
    const signature = signatureOf(statSync(file, { bigint: true }));
    if (last?.file !== file || last.signature !== signature) last = { file, signature, kept: parseGraphFile(readFileSync(file)) };
    if (last.kept.body.key === key) return last.kept;
  } catch {
    // It is read anew from the sources.
  }
  return undefined;
}

/** @throws where it is not whole */
function parseGraphFile(bytes: Buffer): GraphFile {
  const [sum, body, texts] = split(bytes);
  if (sum === undefined || !body || !texts || digestOf(Buffer.concat([body, texts])) !== sum) throw new Error("not whole");
  let known: Texts | undefined;
  return { body: JSON.parse(body.toString()) as Body, texts: () => (known ??= JSON.parse(texts.toString()) as Texts) };
}

/** Three lines: the checksum of the others, what each run needs, what only a run that executes needs. */
function split(bytes: Buffer): [sum?: string, body?: Buffer, texts?: Buffer] {
  const first = bytes.indexOf(10);
  const second = bytes.indexOf(10, first + 1);
  return first < 0 || second < 0 ? [] : [bytes.toString("latin1", 0, first), bytes.subarray(first + 1, second), bytes.subarray(second + 1)];
}

function checkTerrain(project: string, { terrain }: Body): { sights: Map<string, Sight>; renewed: boolean } | undefined {
  const sights = new Map<string, Sight>();
  let renewed = false;
  for (const [key, digest, signature] of terrain) {
    const [kind, name] = readTerrainKey(key);
    const seen = { digest, signature };
    const now = isImplied(kind, name, sights) ? seen : stillThere(kind, path.resolve(project, name), seen);
    if (!now) return undefined;
    renewed ||= now.signature !== "" && now.signature !== signature;
    sights.set(key, now);
  }
  return { sights, renewed };
}

/** Whether a path must lead where it did, as its folder is where it was and has the same entries, which say where links lead. @param same what was found as it was */
export function isImplied(kind: SightKind, name: string, same: ReadonlyMap<string, Sight>): boolean {
  const folder = path.dirname(name);
  return (
    kind === "place" && folder !== name && same.get(terrainKey("folder", folder))?.digest != null && same.has(terrainKey("place", folder))
  );
}

export function terrainKey(kind: SightKind, name: string): string {
  return `${kind} ${name}`;
}

export function readTerrainKey(key: string): [kind: SightKind, name: string] {
  const at = key.indexOf(" ");
  return [key.slice(0, at) as SightKind, key.slice(at + 1)];
}

function checkFiles(
  project: string,
  { body, texts }: { body: Body; texts: () => Texts },
  terrain: { sights: Map<string, Sight>; renewed: boolean },
): Checked {
  const files = new Map<string, Sight>();
  const changed = new Set<string>();
  let { renewed } = terrain;
  for (const [file, digest, signature] of body.files) {
    const now = stillThere("file", path.resolve(project, file), { digest, signature });
    if (!now) changed.add(file);
    else renewed ||= now.signature !== "" && now.signature !== signature;
    files.set(file, now ?? { digest, signature: "" });
  }
  const steps = body.steps.map((step): Step => ({ ...step, code: lazyCode(step.id, step.code, texts) }));
  return { graph: { project, steps }, files, terrain: terrain.sights, changed, renewed };
}

/** A step's code is only needed where it runs. */
function lazyCode(id: StepId, known: Omit<Bundle, "text" | "map">, texts: () => Texts): Bundle {
  return {
    ...known,
    get text() {
      return texts()[id]!.text;
    },
    get map() {
      return texts()[id]!.map;
    },
  };
}

/** Keeps a graph for the next run; where that cannot be written, the next run reads it anew. */
export function keepGraph(file: string, { graph, files, terrain }: Known, apiNames: readonly string[], maker: string): void {
  const texts = Object.fromEntries(graph.steps.map(({ id, code: { text, map } }) => [id, { text, map }]));
  const rows = (sights: ReadonlyMap<string, Sight>) =>
    [...sights].map(([key, { digest, signature }]) => [key, digest, signature] as [string, string | null, string]);
  const body: Body = {
    key: keyOf(graph.project, apiNames, maker),
    steps: graph.steps.map(({ code: { digest, parts, sources }, ...step }) => ({ ...step, code: { digest, parts, sources } })),
    files: rows(files),
    terrain: rows(terrain),
  };
  const [first, second] = [JSON.stringify(body), JSON.stringify(texts)];
  keepWhole(file, `${digestOf(first + second)}\n${first}\n${second}`);
}
