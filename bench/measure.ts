import type { Comparison, Contender, Result, Sample } from "./comparison.ts";
import { judge } from "./goals.ts";
import type { Site } from "./site.ts";

/** Runs a comparison: in each round every contender takes its turn. */
export async function measure(comparison: Comparison, site: Site): Promise<Result> {
  const { contenders, absent = [], goals, finish } = await comparison.prepare(site);
  try {
    const failed = new Map<Contender, string>();
    const entries = contenders.map((contender) => ({ contender, samples: [] as Sample[] }));
    const rounds = site.quick ? comparison.rounds.quick : comparison.rounds.full;
    for (let round = 0; round < rounds; round++) {
      for (const { contender, samples } of entries) {
        if (round < (contender.turns ?? rounds) && !failed.has(contender)) await turn(contender, samples, failed);
      }
    }
    const all = [...absent, ...[...failed].map(([{ name }, why]) => ({ name, why }))];
    return { comparison, entries, absent: all, verdicts: goals.map((goal) => judge(goal, entries)) };
  } finally {
    await finish?.();
  }
}

/** A contender that fails takes no further turns: the others go on. */
async function turn(contender: Contender, samples: Sample[], failed: Map<Contender, string>): Promise<void> {
  try {
    samples.push(await contender.turn());
  } catch (error) {
    failed.set(contender, (error as Error).message.split("\n").filter(Boolean).slice(0, 4).join(" "));
    samples.length = 0;
  }
}
