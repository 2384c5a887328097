import { readdirSync, type Stats, statSync } from "node:fs";
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
import { sourceFiles } from "./data/source.ts";
import { TableReader } from "./table-reader.ts";
import { uiToken } from "./token.ts";

/** A graph that was read, or why it could not be. The last good one stays beside the failure. */
interface GraphNow {
  readonly graph: Graph | null;
  readonly failure: Failure | null;
}

/** How long a plan is shown before it is made again, in ms: a read file may have changed. */
const planAge = 1000;
/** By so much the time of a saved file may be behind the clock, in ms. */
const tick = 20;
/** How long the list of what may be a source is good, in ms. */
const listAge = 2000;

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
  #listed: { readonly at: number; readonly files: readonly string[] } = { at: 0, files: [] };
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
    const stamp = this.stamp();
    if (stamp === this.#stamp) return this.#now;
    this.#reading ??= this.#read().finally(() => (this.#reading = undefined));
    return this.#reading;
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

  async #read(): Promise<GraphNow> {
    const [begin, names] = [Date.now(), this.#names()];
    const { graph: last } = this.#now;
    this.#now = await readGraph(this.project, this.#runtime.api).then(
      (graph) => ({ graph, failure: null }),
      (error: unknown) => ({ graph: last, failure: toFailure(error) }),
    );
    // Other files may be its sources now, and what was saved meanwhile may have been read before.
    const saved = this.#names() !== names || this.#looks().some(([, stats]) => (stats?.mtimeMs ?? 0) >= begin - tick);
    this.#stamp = saved ? "" : this.stamp();
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

  /** What the graph is made of, as it is now: another text where it may be another graph. */
  stamp(): string {
    return [this.#names(), ...this.#looks().map(([file, stats]) => `${file}:${stats?.mtimeMs}:${stats?.size}`)].join("|");
  }

  /** A new file is among the names alone until it is read. */
  #names(): string {
    return ["steps", "lib"].map((folder) => namesIn(path.join(this.project, folder))).join("|");
  }

  /** What mends a broken graph may be any source. */
  #looks(): [file: string, stats: Stats | undefined][] {
    const files = this.#now.failure
      ? this.#anySource()
      : [...new Set(this.#now.graph?.steps.flatMap((step) => Object.keys(step.code.sources)))];
    return files.map((file) => [file, statSync(path.join(this.project, file), { throwIfNoEntry: false })]);
  }

  /** To go through all folders takes longer than to look at the files again. */
  #anySource(): readonly string[] {
    if (Date.now() - this.#listed.at > listAge)
      this.#listed = {
        at: Date.now(),
        files: [...new Set([...sourceFiles(this.project), ...(this.#now.failure?.place ? [this.#now.failure.place.file] : [])])],
      };
    return this.#listed.files;
  }
}

function namesIn(folder: string): string {
  try {
    return readdirSync(folder).join("/");
  } catch {
    return "";
  }
}
