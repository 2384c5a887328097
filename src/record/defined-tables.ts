import { readResultTables } from "./experiments.ts";

/** The names of the results tables; none where experiments.sql cannot be read: what is wrong with it the run says. */
export function definedTables(project: string): string[] {
  try {
    return [...readResultTables(project).tables.keys()];
  } catch {
    return [];
  }
}

/** The results table that is meant where none is named: `experiments`, or the first where none is called so. */
export function usualTable(project: string): string {
  const tables = definedTables(project);
  return tables.includes("experiments") ? "experiments" : (tables[0] ?? "experiments");
}
