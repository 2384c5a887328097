import { setImmediate as breathe } from "node:timers/promises";
import { type Waiting, waitingRows } from "../record/outbox.ts";
import type { Db } from "../record/state.ts";
import { Encoder, type Row } from "./encode.ts";
import { Unsendable } from "./refusal.ts";
import type { Shape } from "./shape.ts";

/** What goes in one transaction: more costs memory, and more to send again after a failure; fewer cost commits of two databases. */
const most = { rows: 10_000, characters: 16_000_000 };

/** So many rows are read and encoded at a stretch: the loop stays free. */
const stretch = 500;

/** The next rows of the outbox, ready to go. */
export interface Page {
  readonly tables: ReadonlyMap<string, readonly Row[]>;
  readonly unsendable: readonly { readonly row: Waiting; readonly error: Unsendable }[];
  /** Where the next page begins; undefined: nothing waits behind this one. */
  readonly last: number | undefined;
}

export async function readPage(db: Db, shapes: ReadonlyMap<string, Shape>, after: number): Promise<Page> {
  const encoders = new Map<string, Encoder>();
  const tables = new Map<string, Row[]>();
  const unsendable: { row: Waiting; error: Unsendable }[] = [];
  let [last, count, characters] = [after, 0, 0];
  while (count < most.rows && characters < most.characters) {
    const waiting = waitingRows(db, last, stretch);
    if (waiting.length === 0) return { tables, unsendable, last: undefined };
    for (const row of waiting) {
      try {
        const { table } = row;
        if (!encoders.has(table)) encoders.set(table, new Encoder(table, shapes.get(table)));
        const rows = tables.get(table) ?? [];
        tables.set(table, rows);
        rows.push(encoders.get(table)!.encode(row));
      } catch (error) {
        if (!(error instanceof Unsendable)) throw error;
        unsendable.push({ row, error });
      }
      characters += row.body.length;
    }
    last = waiting.at(-1)!.id;
    count += waiting.length;
    await breathe();
  }
  return { tables, unsendable, last };
}
