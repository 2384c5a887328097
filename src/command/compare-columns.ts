import type { Column } from "../model.ts";

/** A column that one of two tables has not, or has with another type. */
export interface ColumnChange {
  readonly name: string;
  readonly before: string | null;
  readonly after: string | null;
}

export function compareColumns(before: readonly Column[], after: readonly Column[]): ColumnChange[] {
  const [old, fresh] = [new Map(before.map(({ name, type }) => [name, type])), new Map(after.map(({ name, type }) => [name, type]))];
  return [...new Set([...old.keys(), ...fresh.keys()])]
    .map((name) => ({ name, before: old.get(name) ?? null, after: fresh.get(name) ?? null }))
    .filter((column) => column.before !== column.after);
}

/** `+ x DOUBLE`, `− y`, `z INTEGER → DOUBLE`. */
export function columnText({ name, before, after }: ColumnChange): string {
  if (before === null) return `+ ${name} ${after}`;
  return after === null ? `− ${name}` : `${name} ${before} → ${after}`;
}
