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

export const allPeers: readonly Peer[] = [ninja, make, wireit, turbo, moon, nx, dvc, snakemake];

/** What is done before a turn is timed. */
export type Before = "warm" | "comment" | "cold";

let tools: Tools | undefined;

/** Each of the peers that is there, as a contender at the grid; why the others are not. */
export function takePart(site: Site, nodes: readonly Node[], edited: Node, before: Before, turns: Readonly<Record<string, number>> = {}, peers = allPeers): { contenders: Contender[]; absent: Absent[] } {
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
function contend(site: Site, peer: Peer, program: string, nodes: readonly Node[], edited: Node, before: Before, turns: Readonly<Record<string, number>>, into: Contender[]): string | undefined {
  const project = path.join(site.folder, `${peer.name}-${nodes.length}-${before}`);
  write(project, peer.files(nodes));
  try {
    peer.begin?.(program, project);
    if (before !== "cold") counted(peer.command(program, project), project);
  } catch (error) {
    return (error as Error).message.split("\n").filter(Boolean).slice(0, 3).join(" ");
  }
  const turn = () => {
    if (before === "cold") for (const kept of peer.keeps) rmSync(path.join(project, kept), { recursive: true, force: true });
    if (before === "comment") write(project, Object.fromEntries([peer.source(edited, `// ${performance.now()}\n`)]));
    return counted(peer.command(program, project), project);
  };
  into.push({ name: peer.name, role: "peer", turn, ...(peer.name in turns ? { turns: turns[peer.name]! } : {}) });
  return undefined;
}

/** The scripts write a byte each into the file that RAN names. */
function counted(command: Parameters<typeof timed>[0], project: string): Sample {
  const file = path.join(project, "ran.txt");
  rmSync(file, { force: true });
  mkdirSync(path.join(project, "out"), { recursive: true });
  const sample = timed({ ...command, env: { ...command.env, RAN: file } });
  return { ...sample, steps: existsSync(file) ? readFileSync(file).length : 0 };
}
