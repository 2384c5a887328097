import { writeFileSync } from "node:fs";
import path from "node:path";
import type { Artifact } from "../model.ts";
import type { ToldArtifact } from "../store/artifacts.ts";
import { digestOf } from "../store/digest.ts";
import { onDisk } from "../store/durable.ts";
import type { Outputs, StagedArtifact, StoredEffect, ToldOrStaged } from "./protocol.ts";

/** What a step leaves, with each artifact in a file: what was told is put into the staging folder. @throws E_DISK_FULL */
export function filed({ artifacts, displays, effects }: Outputs<ToldOrStaged>, staging: string): Outputs {
  let count = 0;
  const file = (artifact: ToldOrStaged) => ("told" in artifact ? put(artifact, path.join(staging, `told-${++count}.value`)) : artifact);
  return {
    artifacts: Object.fromEntries(Object.entries(artifacts).map(([name, artifact]) => [name, file(artifact)])),
    displays: displays.map(file),
    effects: effects.map((effect) => filedEffect(effect, file)),
  };
}

function put(output: ToldArtifact, file: string): StagedArtifact {
  onDisk(file, () => writeFileSync(file, output.told));
  return { artifact: artifactOf(output), file };
}

export function artifactOf({ codec, told }: ToldArtifact): Artifact {
  return { codec, digest: digestOf(told), bytes: Buffer.byteLength(told) };
}

function filedEffect(effect: StoredEffect<ToldOrStaged>, file: (artifact: ToldOrStaged) => StagedArtifact): StoredEffect {
  if (effect.kind === "record") return effect;
  if (effect.kind === "table") return { ...effect, rows: file(effect.rows) };
  return { ...effect, parts: file(effect.parts), card: file(effect.card) };
}
