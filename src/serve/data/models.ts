import { existsSync } from "node:fs";
import path from "node:path";
import { listAliases } from "../../record/aliases.ts";
import { modelPath } from "../../record/publish.ts";
import { listModels, type ModelRow, recordById } from "../../record/records.ts";
import type { Alias } from "../../store/alias-file.ts";
import { readArtifact } from "../../store/artifacts.ts";
import type { Site } from "../site.ts";

/** A version of a model with what its card says. */
export interface Model {
  readonly name: string;
  readonly version: number;
  readonly aliases: readonly string[];
  readonly createdAt: string;
  readonly step: string;
  readonly run: string;
  readonly record: number;
  readonly doc: string;
  readonly metrics: Readonly<Record<string, number>>;
  readonly params: Readonly<Record<string, unknown>>;
  readonly card: Readonly<Record<string, unknown>>;
  readonly bytes: number;
  /** Relative to the project; null where the file is gone. */
  readonly file: string | null;
}

/** All versions of all models, newest version first. */
export function readModels(site: Site): Model[] {
  const aliases = listAliases(site.project);
  return listModels(site.kept.db).map((row) => described(site, row, aliases));
}

/** The version with these parts and this card. */
export function modelOf(site: Site, name: string, parts: string, card: string): Model | undefined {
  const row = listModels(site.kept.db).find(
    (each) => each.name === name && each.body.parts.digest === parts && each.body.card.digest === card,
  );
  return row && described(site, row, listAliases(site.project));
}

function described({ kept, project }: Site, { name, version, record, body }: ModelRow, aliases: readonly Alias[]): Model {
  const { createdAt, step, run } = body;
  const stored = kept.store.path(body.card);
  const card = existsSync(stored) ? (readArtifact(body.card, stored, "card") as Record<string, unknown>) : {};
  const file = modelPath(name, version);
  const metrics = isObject(card["metrics"]) ? card["metrics"] : card;
  return {
    name,
    version,
    createdAt,
    step,
    run,
    record,
    card,
    aliases: aliases.filter((each) => each.model === name && each.version === version).map(({ alias }) => alias),
    doc: typeof card["doc"] === "string" ? card["doc"] : "",
    metrics: Object.fromEntries(Object.entries(metrics).filter((entry): entry is [string, number] => typeof entry[1] === "number")),
    params: isObject(card["params"]) ? card["params"] : {},
    bytes: body.parts.bytes,
    file: existsSync(path.join(project, file)) ? file : null,
  };
}

/** What a version was made of: code, data and params of the step that made it. */
export function provenance({ kept }: Site, { record }: Model) {
  const made = recordById(kept.db, record);
  return {
    fingerprint: made?.fingerprint ?? null,
    code: made?.parts.code ?? null,
    inputs: made?.parts.inputs ?? {},
    files: (made?.reads ?? []).filter(({ kind }) => kind === "file").map(({ name, digest }) => ({ name, digest })),
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
