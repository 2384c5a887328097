import { readdirSync, statSync } from "node:fs";
import path from "node:path";
import { knowledge, planProject } from "../engine.ts";
import { type Kept, openKept } from "../open-kept.ts";
import { type Failure, toFailure } from "../errors.ts";
import { findRuntime, type Runtime } from "../execute/runtime.ts";
import { readGraph } from "../graph/graph.ts";
import type { Graph, StepId } from "../model.ts";
import type { Planned } from "../plan/plan.ts";
import { Acts } from "./acts.ts";
import type { Duty } from "./health/health.ts";
import { type Assets, findAssets } from "./assets.ts";
import { Live } from "./live.ts";
import { Shown } from "./shown.ts";
import { TableReader } from "./table-reader.ts";
import { uiToken } from "./token.ts";

/** A graph that was read, or why it could not be. The last good one stays beside the failure. */
export interface GraphNow {
  readonly graph: Graph | null;
  readonly failure: Failure | null;
}

/** How long a plan is shown before it is made again, in ms: a read file may have changed. */
const planAge = 1000;

/** A project as the pages see it: open while the server runs. */
export class Site {
  readonly project: string;
  readonly name: string;
  readonly kept: Kept;
  readonly assets: Assets;
  readonly token: string;
  readonly live = new Live();
  readonly shown = new Shown(this.live);
  readonly acts: Acts;
  readonly tables: TableReader;
  /** What this process has to do with the schedule: told by the scheduler where one serves the pages. */
  readonly duty: () => Duty | null;
  readonly #runtime: Runtime;
  #stamp = "";
  #now: GraphNow = { graph: null, failure: null };
  #reading: Promise<GraphNow> | undefined;
  #planned: { key: string; at: number; plan: Promise<ReadonlyMap<StepId, Planned>> } | undefined;

  private constructor(project: string, runtime: Runtime, assets: Assets, duty: () => Duty | null) {
    this.project = project;
    this.name = path.basename(project);
    this.kept = openKept(project);
    this.#runtime = runtime;
    this.assets = assets;
    this.duty = duty;
    this.token = uiToken(project);
    this.acts = new Acts(this);
    this.tables = new TableReader(this.kept.store.folder);
  }

  static async open(project: string, duty: () => Duty | null = () => null): Promise<Site> {
    const [runtime, assets] = await Promise.all([findRuntime(), findAssets()]);
    return new Site(project, runtime, assets, duty);
  }

  /** The graph as the files are now; read again only where one of them changed. */
  async graph(): Promise<GraphNow> {
    const stamp = this.#stampNow();
    if (stamp === this.#stamp) return this.#now;
    this.#reading ??= this.#read(stamp).finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  /** Files that the steps are made of, relative to the project. */
  get sources(): ReadonlySet<string> {
    return new Set(this.#now.graph?.steps.flatMap((step) => Object.keys(step.code.sources)));
  }

  /** What would happen to each step if it ran now with these params: what is stale, and why. */
  async plan(graph: Graph, params: Readonly<Record<string, string>>): Promise<ReadonlyMap<StepId, Planned>> {
    const key = JSON.stringify([this.#stamp, this.kept.db.pragma("data_version", { simple: true }), this.live.run, params]);
    if (this.#planned?.key !== key || Date.now() - this.#planned.at > planAge) {
      this.#planned = { key, at: Date.now(), plan: this.#plan(graph, params) };
    }
    return this.#planned.plan;
  }

  close(): void {
    this.tables.close();
    this.kept.digests.flush();
    this.kept.db.close();
  }

  async #read(stamp: string): Promise<GraphNow> {
    const begin = Date.now();
    try {
      this.#now = { graph: await readGraph(this.project, this.#runtime.api), failure: null };
      // What was not a source before is one now.
      this.#stamp = this.#writtenSince(begin) ? "" : this.#stampNow();
    } catch (error) {
      this.#now = { graph: this.#now.graph, failure: toFailure(error) };
      this.#stamp = stamp;
    }
    return this.#now;
  }

  async #plan(graph: Graph, params: Readonly<Record<string, string>>): Promise<ReadonlyMap<StepId, Planned>> {
    const opened = { ...this.kept, runtime: this.#runtime, graph };
    try {
      const planned = await planProject(opened, new Set(graph.steps.map((step) => step.id)), knowledge(opened, params, false, new Date()));
      return new Map(planned.map((each) => [each.step.id, each]));
    } catch {
      return new Map(); // a package or file that cannot be read: the run will say so
    }
  }

  /** What was saved while the graph was read may have been read before. */
  #writtenSince(time: number): boolean {
    return [...this.sources].some((file) => (statSync(path.join(this.project, file), { throwIfNoEntry: false })?.mtimeMs ?? 0) >= time);
  }

  #stampNow(): string {
    const folders = ["steps", "lib"].map((folder) => {
      try {
        return readdirSync(path.join(this.project, folder)).join("/");
      } catch {
        return "";
      }
    });
    const files = [...this.sources].map((file) => statSync(path.join(this.project, file), { throwIfNoEntry: false })).map((stats) => `${stats?.mtimeMs}:${stats?.size}`);
    // A broken graph is tried again when any file of the steps changed.
    const steps = this.#now.failure ? mtimes(path.join(this.project, "steps")) + mtimes(path.join(this.project, "lib")) : "";
    return [...folders, ...files, steps].join("|");
  }
}

function mtimes(folder: string): string {
  try {
    return readdirSync(folder).map((file) => statSync(path.join(folder, file), { throwIfNoEntry: false })?.mtimeMs).join(":");
  } catch {
    return "";
  }
}
