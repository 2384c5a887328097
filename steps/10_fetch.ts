/**
 * # Fetch
 * The Wisconsin Diagnostic Breast Cancer data: 569 masses, 30 features of their cell nuclei, and the diagnosis.
 * See `data/README.md`. Nothing runs on it before it has passed the checks below.
 */
import { check, csv, sql } from "stepbook";
import { features, type Patient } from "../lib/patients.ts";

const measured = Object.fromEntries(features.map((feature) => [feature, "DOUBLE" as const]));

export const dataset = await csv<Patient>("data/dataset.csv", {
  columns: { id: "INTEGER", diagnosis: "VARCHAR", ...measured },
});

await check(dataset, {
  rows: [100, 1_000_000],
  notNull: ["id", "diagnosis", ...features],
  unique: ["id"],
  accepted: { diagnosis: ["M", "B"] },
  range: { radius_mean: [1, 100], smoothness_mean: [0, 1] },
  that: { "the worst radius is not below the mean": sql`radius_worst >= radius_mean` },
});
