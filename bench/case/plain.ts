import type { Comparison } from "../comparison.ts";

const name = "NODE_EXTRA_CA_CERTS";

/**
 * The same comparisons as on a machine without that variable, where it is set here: Node 20 reads the certificates that it names
 * at every start, which is most of one, and a step's process that cannot need them is started without it (decision 521).
 */
export function plain(comparisons: readonly Comparison[]): Comparison[] {
  return process.env[name] === undefined ? [] : comparisons.map(without);
}

function without(comparison: Comparison): Comparison {
  return {
    ...comparison,
    name: `${comparison.name}-plain`,
    title: `${comparison.title}, without ${name}`,
    rounds: { full: Math.min(5, comparison.rounds.full), quick: 0 },
    async prepare(site) {
      const prepared = await comparison.prepare(site.below("plain"));
      return { ...prepared, contenders: prepared.contenders.map((contender) => ({ ...contender, turn: () => unset(contender.turn) })) };
    },
  };
}

/** Takes a turn without the variable; there is one turn at a time. */
async function unset<T>(turn: () => T | Promise<T>): Promise<T> {
  const before = process.env[name];
  delete process.env[name];
  try {
    return await turn();
  } finally {
    process.env[name] = before;
  }
}
