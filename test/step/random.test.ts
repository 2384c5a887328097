import { describe, expect, test } from "vitest";
import { random } from "../../src/step/api.ts";

describe("random", () => {
  test("is xoshiro256** seeded by SplitMix64", () => {
    // SplitMix64 of seed 1234567: 6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431
    // (the reference vector of prng.di.unimi.it/splitmix64.c); the state of xoshiro256** is those four.
    const generator = random(1234567);
    const expected = reference([6457827717110365317n, 3203168211198807973n, 9817491932198370423n, 4593380528125082431n], 1000);
    for (const bits of expected) expect(generator.next()).toBe(Number(bits >> 11n) / 2 ** 53);
  });

  test("the sequence is fixed for good", () => {
    const { next } = random(42);
    expect([next(), next(), next()]).toEqual(fixed.next);
    const { int } = random(42);
    expect(Array.from({ length: 8 }, () => int(100))).toEqual(fixed.int);
    expect(random(42).shuffle([1, 2, 3, 4, 5, 6, 7, 8])).toEqual(fixed.shuffle);
    expect(random(-1).next()).not.toBe(random(1).next());
  });

  test("int is even, and reaches both ends", () => {
    const { int } = random(1);
    const counts = new Array<number>(7).fill(0);
    for (let draw = 0; draw < 70_000; draw++) counts[int(7)]!++;
    // Chi-square with 6 degrees of freedom: 22.5 is passed once in a thousand.
    expect(counts.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0)).toBeLessThan(22.5);
    expect(int(1)).toBe(0);
    expect(int(2 ** 53 - 1)).toBeLessThan(2 ** 53);
  });

  test("shuffle leaves the items given as they are, and every order comes", () => {
    const items = Object.freeze([1, 2, 3]);
    const { shuffle } = random(3);
    const orders = new Set(Array.from({ length: 200 }, () => shuffle(items).join("")));
    expect(orders.size).toBe(6);
    expect(shuffle(new Set([1]))).toEqual([1]);
    expect(shuffle([])).toEqual([]);
  });

  test("normal", () => {
    const { normal } = random(5);
    const drawn = Array.from({ length: 50_000 }, () => normal(10, 2));
    const mean = drawn.reduce((sum, each) => sum + each, 0) / drawn.length;
    const variance = drawn.reduce((sum, each) => sum + (each - mean) ** 2, 0) / drawn.length;
    expect(Math.abs(mean - 10)).toBeLessThan(0.05);
    expect(Math.abs(variance - 4)).toBeLessThan(0.1);
  });

  test.each([NaN, 1.5, Infinity, "42", undefined, 2 ** 60])("seed %s is refused", (seed) => {
    expect(() => random(seed as number)).toThrow(RangeError);
  });

  test("functions may be taken out of it", () => {
    const { int } = random(1);
    expect(() => int(0)).toThrow(/int\(0\): give a whole number from 1/);
    expect(() => int(2.5)).toThrow(RangeError);
  });
});

/** xoshiro256** as its authors write it in C (prng.di.unimi.it/xoshiro256starstar.c). */
function reference(seed: readonly bigint[], count: number): bigint[] {
  const s = BigUint64Array.from(seed);
  const rotl = (x: bigint, k: bigint) => BigInt.asUintN(64, (x << k) | (x >> (64n - k)));
  return Array.from({ length: count }, () => {
    const result = BigInt.asUintN(64, rotl(BigInt.asUintN(64, s[1]! * 5n), 7n) * 9n);
    const t = BigInt.asUintN(64, s[1]! << 17n);
    s[2]! ^= s[0]!;
    s[3]! ^= s[1]!;
    s[1]! ^= s[2]!;
    s[0]! ^= s[3]!;
    s[2]! ^= t;
    s[3] = rotl(s[3]!, 45n);
    return result;
  });
}

const fixed = {
  next: [0.08386297105988216, 0.3789802506626686, 0.6800434110281394],
  int: [42, 2, 9, 93, 76, 84, 54, 7],
  shuffle: [8, 3, 5, 1, 4, 6, 2, 7],
};
