import type { Entry, Goal, Verdict } from "./comparison.ts";
import { difference, entryOf, median, ratio, type Metric } from "./figures.ts";

export function judge(goal: Goal, entries: readonly Entry[]): Verdict {
  return { says: goal.says, ...(goal.judge(entries) ?? { figure: "not measured", met: undefined }) };
}

/** At most so many times what the other needs. */
export function atMost(limit: number, of: string, to: string, metric: Metric = "ms"): Goal {
  return pair(`${of} ≤ ${limit} × ${to}${metric === "mb" ? ", memory" : ""}`, of, to, (a, b) => {
    const times = ratio(a, b, metric);
    return { figure: `${times.toFixed(3)} ×`, met: times <= limit };
  });
}

/** At most so many milliseconds more than the other. */
export function within(ms: number, of: string, to: string): Goal {
  return pair(`${of} ≤ ${to} + ${ms} ms`, of, to, (a, b) => {
    const more = difference(a, b);
    return { figure: `${more < 0 ? "−" : "+"}${Math.abs(more).toFixed(0)} ms`, met: more <= ms };
  });
}

/** So many milliseconds more for each of `count` steps. */
export function perStep(ms: number, count: number, of: string, to: string): Goal {
  return pair(`${of} ≤ ${ms} ms a step above ${to}`, of, to, (a, b) => {
    const each = difference(a, b) / count;
    return { figure: `${each.toFixed(1)} ms a step`, met: each <= ms };
  });
}

/** So many milliseconds more for each step beyond the first; each as [all steps, one step]. */
export function perFurtherStep(ms: number, count: number, of: readonly [string, string], to: readonly [string, string]): Goal {
  return {
    says: `${of[0]} ≤ ${ms} ms for each further step above ${to[0]}`,
    judge(entries) {
      const [all, one, floorAll, floorOne] = [...of, ...to].map((name) => entryOf(entries, name));
      if (!all || !one || !floorAll || !floorOne) return undefined;
      const each = (difference(all, floorAll) - difference(one, floorOne)) / (count - 1);
      return { figure: `${each.toFixed(1)} ms a step`, met: each <= ms };
    },
  };
}

/** At least so many times as much in the same time. */
export function throughput(least: number, of: string, to: string): Goal {
  return pair(`${of} ≥ ${least} × ${to}, in rows a second`, of, to, (a, b) => {
    const times = 1 / ratio(a, b);
    return { figure: `${times.toFixed(2)} ×`, met: times >= least };
  });
}

/** Faster than each of those that are there. */
export function aheadOf(of: string, ...others: readonly string[]): Goal {
  return {
    says: `${of} ahead of ${others.join(", ")}`,
    judge(entries) {
      const mine = entryOf(entries, of);
      const there = others.flatMap((name) => entryOf(entries, name) ?? []);
      if (!mine || there.length === 0) return undefined;
      const closest = there.reduce((a, b) => (ratio(mine, a) > ratio(mine, b) ? a : b));
      const times = ratio(mine, closest);
      return { figure: `${times.toFixed(2)} × ${closest.contender.name}`, met: times < 1 };
    },
  };
}

/** A plain limit: milliseconds, or megabytes. */
export function under(limit: number, of: string, metric: Metric = "ms"): Goal {
  const unit = metric === "ms" ? "ms" : "MB";
  return {
    says: `${of} ≤ ${limit} ${unit}`,
    judge(entries) {
      const entry = entryOf(entries, of);
      const value = entry ? median(entry, metric) : NaN;
      if (Number.isNaN(value)) return undefined;
      return { figure: `${value.toFixed(1)} ${unit}`, met: value <= limit };
    },
  };
}

/** No more steps than that run. */
export function steps(most: number, of: string): Goal {
  return {
    says: `${of}: ${most} steps run`,
    judge(entries) {
      const counts = entryOf(entries, of)?.samples.flatMap((sample) => sample.steps ?? []) ?? [];
      if (counts.length === 0) return undefined;
      const worst = Math.max(...counts);
      return { figure: `${worst} ran`, met: worst <= most };
    },
  };
}

function pair(says: string, of: string, to: string, compare: (a: Entry, b: Entry) => { figure: string; met: boolean }): Goal {
  return {
    says,
    judge(entries) {
      const [a, b] = [entryOf(entries, of), entryOf(entries, to)];
      return a && b ? compare(a, b) : undefined;
    },
  };
}
