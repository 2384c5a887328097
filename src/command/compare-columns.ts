import type { Column as SchemaColumn } from "../model.ts";

/** A column that one of two tables has not, or has with another type. */
export interface Column {
  readonly name: string;
  readonly before: string | null;
  readonly after: string | null;
}

export function compareColumns(before: readonly SchemaColumn[], after: readonly SchemaColumn[]): Column[] {
  const [old, fresh] = [new Map(before.map(({ name, type }) => [name, type])), new Map(after.map(({ name, type }) => [name, type]))];
  return [...new Set([...old.keys(), ...fresh.keys()])]
    .map((name) => ({ name, before: old.get(name) ?? null, after: fresh.get(name) ?? null }))
    .filter((column) => column.before !== column.after);
}

/** `+ x DOUBLE`, `− y`, `z INTEGER → DOUBLE`. */
export function columnText({ name, before, after }: Column): string {
  if (before === null) return `+ ${name} ${after}`;
  return after === null ? `− ${name}` : `${name} ${before} → ${after}`;
}
