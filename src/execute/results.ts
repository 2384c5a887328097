import type { MimeBundle } from "../model.ts";
import { type StagedArtifact, storeEncoded, storeExport, type ToldArtifact } from "../store/artifacts.ts";
import type { Encoded, StagedEffect } from "../step/host.ts";
import { atExport } from "./export-place.ts";
import type { Job, Outputs, StoredEffect, ToldOrStaged } from "./protocol.ts";

/** Values up to this many bytes are told to the runner, which keeps them: a file of its own would make the step wait for the disk. */
const mostTold = 1 << 16;

/** Stages all that a step leaves: exports, what it displayed, models. */
export async function storeResults(
  exported: Readonly<Record<string, unknown>>,
  displays: readonly MimeBundle[],
  effects: readonly StagedEffect[],
  job: Pick<Job, "staging" | "project" | "file">,
): Promise<Outputs<ToldOrStaged>> {
  const { staging } = job;
  const artifacts: Record<string, ToldOrStaged> = {};
  for (const [name, value] of Object.entries(exported)) artifacts[name] = await atExport(job, name, () => stage(name, value, staging));
  const shown: ToldOrStaged[] = [];
  for (const bundle of displays) shown.push(await stage("display", figure(bundle), staging));
  const stored: StoredEffect<ToldOrStaged>[] = [];
  for (const effect of withoutEarlierModels(effects)) stored.push(await stageEffect(effect, staging));
  return { artifacts, displays: shown, effects: stored };
}

/** Of several models of one name the last one counts. */
function withoutEarlierModels(effects: readonly StagedEffect[]): StagedEffect[] {
  const last = new Map(effects.flatMap((effect) => (effect.kind === "model" ? [[effect.name, effect]] : [])));
  return effects.filter((effect) => effect.kind !== "model" || last.get(effect.name) === effect);
}

async function stage(name: string, value: unknown, staging: string): Promise<ToldOrStaged> {
  return told(await storeExport(name, value, staging, mostTold));
}

function told(stored: StagedArtifact | ToldArtifact): ToldOrStaged {
  if ("told" in stored) return stored;
  const { file, ...artifact } = stored;
  return { artifact, file };
}

function figure(bundle: MimeBundle): object {
  return { [Symbol.for("Jupyter.display")]: () => bundle };
}

async function stageEffect(effect: StagedEffect, staging: string): Promise<StoredEffect<ToldOrStaged>> {
  if (effect.kind === "record") return effect;
  if (effect.kind === "model") return stageModel(effect, staging);
  return { kind: "table", table: effect.table, rows: await stage(`mirror.${effect.table}`, effect.rows, staging) };
}

function stageModel({ name, parts, card }: Extract<StagedEffect, { kind: "model" }>, staging: string): StoredEffect<ToldOrStaged> {
  const store = (what: string, { chunks }: Encoded) => told(storeEncoded("value", chunks, `${name}.${what}`, staging, mostTold));
  return { kind: "model", name, parts: store("parts", parts), card: store("card", card) };
}
