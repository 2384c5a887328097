/**
 * # Split
 * 70 % to learn from, 30 % put away until the end, with the same share of malignant masses in both.
 * The order within a class is by a hash of seed and id, the same on every machine. A row that is added later can move others across the line.
 */
import { param, sql } from "stepbook";
import type { Patient } from "../lib/patients.ts";
import { dataset } from "./10_fetch.ts";

export const testSplitRatio = param("test_split_ratio", 0.3, { doc: "share of the rows put away for the test", min: 0.05, max: 0.5 });
export const seed = param("seed", 42, { doc: "decides the split and the folds", min: 0, max: 2 ** 31 - 1 });

const shuffled = sql`
  SELECT *, row_number() OVER (PARTITION BY diagnosis ORDER BY md5(concat(${seed}, ':', id))) AS place,
            count(*) OVER (PARTITION BY diagnosis) AS class_size
  FROM ${dataset}`;
const placed = sql`SELECT * EXCLUDE (place, class_size), (place - 0.5) / class_size < ${testSplitRatio} AS in_test FROM ${shuffled}`;

export const train = await sql<Patient>`SELECT * EXCLUDE (in_test) FROM ${placed} WHERE NOT in_test ORDER BY id`;
export const test = await sql<Patient>`SELECT * EXCLUDE (in_test) FROM ${placed} WHERE in_test ORDER BY id`;
