import type { Artifact } from "../model.ts";
import { readArtifact } from "../store/artifacts.ts";
import { Table } from "./table.ts";

/**
 * An artifact as the importing step gets it: a read-only value, a Table, or a figure that shows itself. For the engine.
 * @param label the name of the import, for errors
 * @throws E_DECODE for damaged bytes; E_ARTIFACT where the file is not there
 */
export function loadArtifact(artifact: Artifact, file: string, label: string): unknown {
  if (artifact.codec !== "table") return readArtifact(artifact, file, label);
  return new Table({ file, schema: artifact.schema ?? [], rows: artifact.rows ?? 0, artifact });
}
