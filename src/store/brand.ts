import type { Artifact, Column } from "../model.ts";

/**
 * What makes a Table one, found by a registered symbol: the store recognises it without importing the
 * step API, and so does a second copy of the API.
 */
export const tableBrand = Symbol.for("stepbook.table");

export interface TableInfo {
  /** Absolute path of the Parquet file. */
  readonly file: string;
  readonly schema: readonly Column[];
  readonly rows: number;
  /** Where the file is one of the store's. */
  readonly artifact?: Artifact;
}

export function tableInfo(value: unknown): TableInfo | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  return (value as { [tableBrand]?: TableInfo })[tableBrand];
}
