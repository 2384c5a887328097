import type { Comparison, Contender, Sample } from "./comparison.ts";
import type { Result } from "./figures.ts";
import { judge } from "./goals.ts";
import type { Site } from "./site.ts";

/** Runs a comparison: in each round every contender takes its turn. */
export async function measure(comparison: Comparison, site: Site): Promise<Result> {
  const { contenders, absent = [], goals, finish } = await comparison.prepare(site);
  try {
    const entries = contenders.map((contender) => ({ contender, samples: [] as Sample[] }));
    const rounds = site.quick ? comparison.rounds.quick : comparison.rounds.full;
    for (let round = 0; round < rounds; round++) {
      for (const { contender, samples } of entries) {
        if (round < (contender.turns ?? rounds)) samples.push(await turn(contender));
      }
    }
    return { comparison, entries, absent, verdicts: goals.map((goal) => judge(goal, entries)) };
  } finally {
    await finish?.();
  }
}

async function turn(contender: Contender): Promise<Sample> {
  try {
    return await contender.turn();
  } catch (error) {
    throw new Error(`${contender.name}: ${(error as Error).message}`, { cause: error });
  }
}
