/** A name as SQL: the one place where identifiers are quoted for Postgres. */
export function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Where the mirror keeps what it has sent; nothing of the pipeline's data. */
export const ledger = "stepbook";
