import path from "node:path";
import { findRuntime, type Runtime } from "./execute/runtime.ts";
import { readKeptGraph } from "./graph/graph.ts";
import type { Known } from "./graph/kept.ts";
import type { Graph, RunInfo, StepId } from "./model.ts";
import { type Kept, openKept, worldOf } from "./open-kept.ts";
import type { Knowledge } from "./plan/decide.ts";
import { rest } from "./pace.ts";
import { PackageHasher } from "./plan/packages.ts";
import { engineAt, placeOf } from "./plan/place.ts";
import { makePlan, type Planned } from "./plan/plan.ts";
import { readRecords } from "./record/records.ts";
import { damagedRecords } from "./record/seal.ts";
import { stateFolder } from "./record/state.ts";

/** What every command that looks at a project needs, opened in the order in which data flows. */
export interface Opened extends Kept {
  readonly runtime: Runtime;
  readonly graph: Graph;
  /** What the graph was made from, where that is known for certain. */
  readonly known: Known | undefined;
  /** Keeps what is of use to the next command, and closes the state. */
  close(): void;
}

export async function openProject(project: string): Promise<Opened> {
  const runtime = await findRuntime();
  const { graph, known, keep } = await readKeptGraph(project, runtime.api, runtime.maker, path.join(stateFolder(project), "graph"));
  await rest();
  const kept = openKept(project);
  await rest();
  const close = () => {
    kept.digests.flush();
    keep();
    kept.db.close();
  };
  return { ...kept, runtime, graph, known, close };
}

/** What decisions are made on, with the params and the environment of now. @param run what is known of the run */
export function knowledge(
  opened: Omit<Opened, "known" | "close">,
  params: Readonly<Record<string, string>>,
  force: Knowledge["force"],
  now: Date,
  run: Partial<RunInfo> = {},
): Knowledge {
  const { project, db, store, digests, runtime } = opened;
  let engine: string | undefined;
  return {
    world: worldOf(opened, params, run),
    packages: new PackageHasher(project, digests),
    store,
    steps: opened.graph.steps,
    get engine() {
      return (engine ??= engineAt(project, runtime.engine, placeOf(digests)));
    },
    now,
    force,
    ...readRecords(db),
    damaged: (name) => damagedRecords(db).some((record) => record.name === name),
  };
}

export async function planProject(
  opened: Pick<Opened, "graph" | "digests">,
  selected: ReadonlySet<StepId>,
  known: Knowledge,
): Promise<Planned[]> {
  const planned = await makePlan(opened.graph, selected, known);
  opened.digests.flush();
  return planned;
}
