import { readFileSync } from "node:fs";
import type { Shuffler } from "../../lib/folds.ts";
import type { Patient } from "../../lib/patients.ts";

const url = new URL("../../data/dataset.csv", import.meta.url);
const [header, ...lines] = readFileSync(url, "utf8")
  .trimEnd()
  .split("\n")
  .map((line) => line.split(","));

/** data/dataset.csv, read the plain way. */
export const patients = lines.map(
  (cells) => Object.fromEntries(header!.map((name, i) => [name, name === "diagnosis" ? cells[i] : Number(cells[i])])) as Patient,
);

/** The patients of these ids, in the order of the ids. */
export function patientsOf(ids: readonly number[]): Patient[] {
  return ids.map((id) => patients[id - 1]!);
}

/** A random order that a test can repeat: Fisher–Yates over a multiplicative congruential generator. */
export function shuffler(seed: number): Shuffler {
  let state = (seed % 2147483646) + 1;
  const below = (n: number) => (state = (state * 48271) % 2147483647) % n;
  return {
    shuffle<T>(items: readonly T[]): T[] {
      const shuffled = [...items];
      for (let last = shuffled.length - 1; last > 0; last--) {
        const other = below(last + 1);
        [shuffled[last], shuffled[other]] = [shuffled[other]!, shuffled[last]!];
      }
      return shuffled;
    },
  };
}
