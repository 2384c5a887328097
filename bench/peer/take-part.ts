import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import type { Absent, Contender, Sample } from "../comparison.ts";
import type { Node } from "../grid.ts";
import { timed } from "../shell.ts";
import { write, type Site } from "../site.ts";
import { dvc } from "./dvc.ts";
import { make } from "./make.ts";
import { moon } from "./moon.ts";
import { ninja } from "./ninja.ts";
import { nx } from "./nx.ts";
import type { Peer } from "./peer.ts";
import { snakemake } from "./snakemake.ts";
import { findTools, type Tools } from "./tools.ts";
import { turbo } from "./turbo.ts";
import { wireit } from "./wireit.ts";

const allPeers: readonly Peer[] = [ninja, make, wireit, turbo, moon, nx, dvc, snakemake];
/** One of a sort; the others take minutes to set up. */
const quickPeers: readonly Peer[] = [ninja, wireit, turbo];

/** What is done before a turn is timed. */
export type Before = "warm" | "comment" | "cold";

let tools: Tools | undefined;
/** Projects that were made, and whether all is up to date there: comparisons share them. */
const projects = new Map<string, { warm: boolean }>();

/** Each of the peers that is there, as a contender at the grid; why the others are not. */
export function takePart(
  site: Site,
  nodes: readonly Node[],
  edited: Node,
  before: Before,
  turns: Readonly<Record<string, number>> = {},
  peers = site.quick ? quickPeers : allPeers,
): { contenders: Contender[]; absent: Absent[] } {
  const contenders: Contender[] = [];
  const absent: Absent[] = [];
  tools ??= findTools((line) => process.stderr.write(`${line}\n`));
  for (const peer of peers) {
    const found = peer.find(tools);
    const failed = "why" in found ? found.why : contend(site, peer, found.program, nodes, edited, before, turns, contenders);
    if (failed) absent.push({ name: peer.name, why: failed });
  }
  return { contenders, absent };
}

/** Adds the peer; what it says where it cannot do the work here. */
function contend(
  site: Site,
  peer: Peer,
  program: string,
  nodes: readonly Node[],
  edited: Node,
  before: Before,
  turns: Readonly<Record<string, number>>,
  into: Contender[],
): string | undefined {
  const project = path.join(site.folder, `${peer.name}-${nodes.length}`);
  const command = peer.command(program, project);
  try {
    const state = begun(peer, program, project, nodes);
    if (before !== "cold" && !state.warm) counted(command, project);
    state.warm = true;
  } catch (error) {
    return (error as Error).message.split("\n").filter(Boolean).slice(0, 3).join(" ");
  }
  const turn = () => {
    if (before === "cold") for (const kept of peer.keeps) rmSync(path.join(project, kept), { recursive: true, force: true });
    if (before === "comment") write(project, Object.fromEntries([peer.source(edited, `// ${performance.now()}\n`)]));
    const sample = counted(command, project);
    if (before === "cold" && sample.steps !== nodes.length)
      throw new Error(`of ${nodes.length} steps ${sample.steps} ran where nothing was kept`);
    return sample;
  };
  into.push({ name: peer.name, role: "peer", turn, ...(peer.name in turns ? { turns: turns[peer.name]! } : {}) });
  return undefined;
}

function begun(peer: Peer, program: string, project: string, nodes: readonly Node[]): { warm: boolean } {
  const known = projects.get(project);
  if (known) return known;
  write(project, peer.files(nodes));
  peer.begin?.(program, project);
  const state = { warm: false };
  projects.set(project, state);
  return state;
}

/** The scripts write a byte each into the file that RAN names. */
function counted(command: Parameters<typeof timed>[0], project: string): Sample {
  const file = path.join(project, "ran.txt");
  rmSync(file, { force: true });
  mkdirSync(path.join(project, "out"), { recursive: true });
  const sample = timed({ ...command, env: { ...command.env, RAN: file } });
  return { ...sample, steps: existsSync(file) ? readFileSync(file).length : 0 };
}
