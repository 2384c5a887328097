import type { Entry } from "./comparison.ts";

export type Metric = "ms" | "mb";

/** The value below which that share of the values lies. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (sorted.length - 1) * share;
  const [low, high] = [sorted[Math.floor(at)]!, sorted[Math.ceil(at)]!];
  return low + (high - low) * (at - Math.floor(at));
}

export function valuesOf(entry: Entry, metric: Metric = "ms"): number[] {
  return entry.samples.flatMap((sample) => sample[metric] ?? []);
}

export function median(entry: Entry, metric: Metric = "ms"): number {
  return quantile(valuesOf(entry, metric), 0.5);
}

/** The median of the rounds' ratios: two that ran one after the other had the same machine. */
export function ratio(entry: Entry, to: Entry, metric: Metric = "ms"): number {
  return quantile(
    paired(entry, to, metric, (a, b) => a / b),
    0.5,
  );
}

export function difference(entry: Entry, to: Entry): number {
  return quantile(
    paired(entry, to, "ms", (a, b) => a - b),
    0.5,
  );
}

function paired(entry: Entry, to: Entry, metric: Metric, join: (a: number, b: number) => number): number[] {
  const [a, b] = [valuesOf(entry, metric), valuesOf(to, metric)];
  return Array.from({ length: Math.min(a.length, b.length) }, (_, round) => join(a[round]!, b[round]!));
}

export function entryOf(entries: readonly Entry[], name: string): Entry | undefined {
  return entries.find(({ contender, samples }) => contender.name === name && samples.length > 0);
}

export function bestPeer(entries: readonly Entry[]): Entry | undefined {
  const peers = entries.filter(({ contender, samples }) => contender.role === "peer" && samples.length > 0);
  return peers.sort((a, b) => median(a) - median(b))[0];
}
