/** A seeded source of numbers: the same seed gives the same sequence, on every machine and in every version. */
export interface Random {
  /** A number from 0 up to but not 1, with 53 random bits. */
  next(): number;
  /** A whole number from 0 up to but not `n`, each equally likely. `n` from 1 to 2^53. */
  int(n: number): number;
  /** A new array with the items in random order; the one given stays as it is. */
  shuffle<Item>(items: Iterable<Item>): Item[];
  /** A number of the normal distribution. */
  normal(mean?: number, deviation?: number): number;
}

const mask = (1n << 64n) - 1n;

/**
 * A generator seeded with a whole number: xoshiro256** 1.0 (Blackman and Vigna, 2018, prng.di.unimi.it), its state
 * filled by SplitMix64 from the seed, as its authors advise.
 *
 * @param seed a safe integer
 * @throws RangeError for another seed
 * @example const { shuffle } = random(run.seed); const order = shuffle(ids);
 */
export function random(seed: number): Random {
  if (!Number.isSafeInteger(seed)) throw new RangeError(`random(${String(seed)}): the seed must be a whole number, such as 42`);
  const bits = xoshiro256(BigInt.asUintN(64, BigInt(seed)));
  const next = () => Number(bits() >> 11n) / 2 ** 53;
  const int = (n: number) => below(bits, n);
  return Object.freeze({ next, int, shuffle: <Item>(items: Iterable<Item>) => shuffled(items, int), normal: normalFrom(next) });
}

/** 64 random bits per call. */
function xoshiro256(seed: bigint): () => bigint {
  const mix = splitMix64(seed);
  const state: [bigint, bigint, bigint, bigint] = [mix(), mix(), mix(), mix()];
  return () => {
    const [s0, s1, s2, s3] = state;
    const result = (rotate((s1 * 5n) & mask, 7n) * 9n) & mask;
    const [t2, t3] = [s2 ^ s0, s3 ^ s1];
    state[1] = s1 ^ t2;
    state[0] = s0 ^ t3;
    state[2] = t2 ^ ((s1 << 17n) & mask);
    state[3] = rotate(t3, 45n);
    return result;
  };
}

function splitMix64(seed: bigint): () => bigint {
  let state = seed;
  return () => {
    state = (state + 0x9e3779b97f4a7c15n) & mask;
    let z = state;
    z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & mask;
    z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & mask;
    return z ^ (z >> 31n);
  };
}

const rotate = (x: bigint, k: bigint) => ((x << k) | (x >> (64n - k))) & mask;

/** Draws again where the last, incomplete stretch of n would make small numbers more likely. */
function below(bits: () => bigint, n: number): number {
  if (!Number.isSafeInteger(n) || n < 1) throw new RangeError(`int(${String(n)}): give a whole number from 1`);
  const size = BigInt(n);
  const limit = (1n << 64n) - ((1n << 64n) % size);
  let drawn = bits();
  while (drawn >= limit) drawn = bits();
  return Number(drawn % size);
}

/** Fisher and Yates, from the end. */
function shuffled<Item>(items: Iterable<Item>, int: (n: number) => number): Item[] {
  const order = [...items];
  for (let last = order.length - 1; last > 0; last--) {
    const chosen = int(last + 1);
    [order[last], order[chosen]] = [order[chosen]!, order[last]!];
  }
  return order;
}

/** Box and Muller; the second number of a pair is kept for the next call. */
function normalFrom(next: () => number): Random["normal"] {
  let kept: number | undefined;
  return (mean = 0, deviation = 1) => {
    let z = kept;
    kept = undefined;
    if (z === undefined) {
      const radius = Math.sqrt(-2 * Math.log(1 - next()));
      const angle = 2 * Math.PI * next();
      z = radius * Math.cos(angle);
      kept = radius * Math.sin(angle);
    }
    return mean + deviation * z;
  };
}
