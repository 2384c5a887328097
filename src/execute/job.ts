import { inputLabel } from "../graph/names.ts";
import { randomUUID } from "node:crypto";
import type { Artifact, Step, StepId } from "../model.ts";
import { usesTables } from "./coming.ts";
import type { RunContext } from "./context.ts";
import type { Job, StoredInput } from "./protocol.ts";
import { logFolder } from "./started.ts";

/** The exports of each step that has ended. */
export type Artifacts = ReadonlyMap<StepId, Readonly<Record<string, Artifact>>>;

/** What a step's process is asked: also by `verify`, which is not a run. */
export function makeJob(
  { graph, info, known, store }: Pick<RunContext, "graph" | "info" | "known" | "store">,
  step: Step,
  artifacts: Artifacts,
  bundle: string,
  staging: string,
): Job {
  const names = new Map(graph.steps.map((each) => [each.id, each.name]));
  const inputs = step.edges.flatMap((edge) =>
    edge.exports.flatMap((name): [string, StoredInput][] => {
      const artifact = artifacts.get(edge.from)?.[name];
      return artifact ? [[inputLabel(names.get(edge.from)!, name), { artifact, file: store.path(artifact) }]] : [];
    }),
  );
  return {
    project: graph.project,
    step: step.id,
    file: step.file,
    bundle,
    inputs: Object.fromEntries(inputs),
    exports: step.exports,
    packages: known.packages.folders(step.id, step.packages),
    duckdb: known.packages.reaches(step.id, step.packages, "@duckdb/node-api"),
    params: known.world.params,
    tables: usesTables(step) || inputs.some(([, { artifact }]) => artifact.codec === "table"),
    outside: step.outside,
    unawaited: step.unawaited,
    run: info,
    staging,
    kept: logFolder(graph.project, info.id),
    memory: step.config.memory,
    threads: step.config.threads,
    mark: null,
  };
}

/** A limit of memory holds for a process: such a step has its own. */
export function markFor({ config }: Step): string | null {
  return config.isolation === "shared" && config.memory === null ? randomUUID() : null;
}
