import type { Entry, Result } from "./comparison.ts";
import { bestPeer, median, quantile, ratio, valuesOf } from "./figures.ts";

/** A contender's line in the table. */
export interface Row {
  readonly name: string;
  readonly role: string;
  readonly median: string;
  readonly spread: string;
  readonly toFloor: string;
  readonly toPeer: string;
  readonly memory: string;
  readonly steps: string;
}

export const headings = ["", "median", "spread", "× floor", "× best peer", "memory", "steps run"] as const;

export function rowsOf({ entries }: Result): Row[] {
  const floor = entries.find(({ contender, samples }) => contender.role === "floor" && samples.length > 0);
  const peer = bestPeer(entries);
  return entries.filter(({ samples }) => samples.length > 0).map((entry) => rowOf(entry, floor, peer));
}

export function cellsOf(row: Row): string[] {
  return [row.name, row.median, row.spread, row.toFloor, row.toPeer, row.memory, row.steps];
}

function rowOf(entry: Entry, floor: Entry | undefined, peer: Entry | undefined): Row {
  const all = valuesOf(entry);
  const memory = valuesOf(entry, "mb");
  const ran = entry.samples.flatMap(({ steps }) => steps ?? []);
  const times = (to: Entry | undefined) => (to && to !== entry ? `${ratio(entry, to).toFixed(2)}` : "");
  return {
    name: entry.contender.name,
    role: entry.contender.role,
    median: milliseconds(median(entry)),
    spread: all.length < 2 ? "one turn" : `${milliseconds(quantile(all, 0))} – ${milliseconds(quantile(all, 1))}`,
    toFloor: times(floor),
    toPeer: entry.contender.role === "ours" ? times(peer) : "",
    memory: memory.length === 0 ? "" : `${quantile(memory, 0.5).toFixed(0)} MB`,
    steps: ran.length === 0 ? "" : String(Math.max(...ran)),
  };
}

export function milliseconds(ms: number): string {
  if (ms >= 10_000) return `${(ms / 1000).toFixed(1)} s`;
  return `${ms.toFixed(ms < 10 ? 2 : ms < 100 ? 1 : 0)} ms`;
}
