import { existsSync } from "node:fs";
import type { Kept } from "../../open-kept.ts";
import type { Artifact, Column, Effect, Graph, MimeBundle, Scalar } from "../../model.ts";
import { type KeptRecord, listModels } from "../../record/records.ts";
import { type Figure, readArtifact } from "../../store/artifacts.ts";
import type { Distribution } from "../data/distribution.ts";
import type { TableReader } from "../table-reader.ts";

/** Where a document is read from. The graph, where it can be read now, tells what records do not. */
export interface Source extends Kept {
  readonly graph: Graph | null;
  readonly tables: TableReader;
}

/** One thing that a step left, read: nothing of it is looked up any more. */
export type Output =
  | { readonly kind: "display" | "figure"; readonly name: string; readonly bundle: MimeBundle }
  | {
      readonly kind: "table";
      readonly name: string;
      readonly schema: readonly Column[];
      readonly rows: readonly (readonly (string | null)[])[];
      readonly total: number;
      readonly bytes: number;
      readonly distributions: readonly Distribution[];
    }
  | { readonly kind: "value"; readonly name: string; readonly value: unknown }
  | { readonly kind: "recorded"; readonly table: string; readonly row: Readonly<Record<string, Scalar>> }
  | { readonly kind: "mirrored"; readonly table: string }
  | {
      readonly kind: "model";
      readonly name: string;
      readonly version: number | null;
      readonly doc: string;
      readonly metrics: Readonly<Record<string, number>>;
      readonly bytes: number;
    }
  | { readonly kind: "missing"; readonly name: string; readonly why: string };

/** A value beyond this many bytes stays where it is. */
const largestValue = 4_000_000;
/** Cells of a table at most: a wide one gives fewer rows. */
const mostCells = 40_000;

/** What a record holds, in the order in which a notebook shows it. */
export async function readOutputs(source: Source, record: KeptRecord, rows: number): Promise<Output[]> {
  const named = Object.entries(record.artifacts);
  const of = (codec: Artifact["codec"]) => named.filter(([, artifact]) => artifact.codec === codec);
  const displays = record.displays.map((artifact, index) => figureOf(source, "display", `display ${index + 1}`, artifact));
  const figures = of("figure").map(([name, artifact]) => figureOf(source, "figure", name, artifact));
  const tables: Output[] = [];
  for (const [name, artifact] of of("table")) tables.push(await tableOf(source, name, artifact, rows));
  const values = of("value").map(([name, artifact]) => valueOf(source, name, artifact));
  return [...displays, ...figures, ...tables, ...values, ...record.effects.map((effect) => effectOf(source, record, effect))];
}

function figureOf({ store }: Source, kind: "display" | "figure", name: string, artifact: Artifact): Output {
  const file = store.path(artifact);
  return existsSync(file) ? { kind, name, bundle: (readArtifact(artifact, file, name) as Figure).bundle } : gone(name);
}

async function tableOf({ store, tables }: Source, name: string, artifact: Artifact, most: number): Promise<Output> {
  const { schema = [], bytes, rows: total = 0 } = artifact;
  const file = store.path(artifact);
  if (!existsSync(file)) return gone(name);
  const limit = Math.max(1, Math.min(most, Math.floor(mostCells / Math.max(1, schema.length))));
  const { rows } = await tables.page(file, schema, { offset: 0, limit, sort: null, descending: false, filters: new Map() });
  return { kind: "table", name, schema, rows, total, bytes, distributions: await tables.distributions(file, schema) };
}

function valueOf({ store }: Source, name: string, artifact: Artifact): Output {
  const file = store.path(artifact);
  if (!existsSync(file)) return gone(name);
  if (artifact.bytes > largestValue)
    return { kind: "missing", name, why: `a value of ${artifact.bytes.toLocaleString("en-US")} bytes is left out` };
  return { kind: "value", name, value: readArtifact(artifact, file, name) };
}

function gone(name: string): Output {
  return { kind: "missing", name, why: "its stored bytes are gone" };
}

function effectOf(source: Source, record: KeptRecord, effect: Effect): Output {
  if (effect.kind === "record") return { kind: "recorded", table: effect.table, row: effect.row };
  if (effect.kind === "table") return { kind: "mirrored", table: effect.table };
  const file = source.store.path(effect.card);
  const card = existsSync(file) ? (readArtifact(effect.card, file, "card") as Record<string, unknown>) : {};
  const metrics = typeof card["metrics"] === "object" && card["metrics"] !== null ? card["metrics"] : card;
  return {
    kind: "model",
    name: effect.name,
    version: versionOf(source, record, effect),
    doc: typeof card["doc"] === "string" ? card["doc"] : "",
    metrics: Object.fromEntries(Object.entries(metrics).filter((entry): entry is [string, number] => typeof entry[1] === "number")),
    bytes: effect.artifact.bytes,
  };
}

/** The version that this record made; else the first that holds the same: a later one must not change what is told of this run. */
function versionOf({ db }: Source, record: KeptRecord, effect: Extract<Effect, { kind: "model" }>): number | null {
  const same = listModels(db).filter(
    ({ name, body }) => name === effect.name && body.parts.digest === effect.artifact.digest && body.card.digest === effect.card.digest,
  );
  return (same.find((row) => row.record === record.id) ?? same.at(-1))?.version ?? null;
}
