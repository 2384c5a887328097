import { existsSync } from "node:fs";
import path from "node:path";
import type { Artifact } from "../model.ts";
import { readResultTables, type ResultDefinition } from "../record/experiments.ts";
import { markMirrored, markRefused, markTableMirrored, waitingRows, waitingTables } from "../record/outbox.ts";
import type { Db } from "../record/state.ts";
import { tableToCsv } from "../step/table-to-csv.ts";
import type { Store } from "../store/store.ts";
import { type Client, withClient } from "./connect.ts";
import { draftFile, withDrafts } from "./drafts.ts";
import { Held } from "./held.ts";
import { explain, isRefusal, Unsendable } from "./refusal.ts";
import type { Row } from "./encode.ts";
import { prepareLedger } from "./ledger.ts";
import { type Page, readPage } from "./pages.ts";
import { sendRows } from "./rows.ts";
import { type Shape, shapeResults } from "./shape.ts";
import { sendTable } from "./tables.ts";
import { mapType } from "./types.ts";
import { mask } from "./url.ts";

/** Where the mirror works from and to. */
export interface Ends {
  readonly db: Db;
  readonly store: Store;
  readonly project: string;
  readonly url: string;
  readonly signal: AbortSignal;
}

/** What one pass did. */
interface Shipped {
  sent: number;
  /** Refused now, and tried again in the next pass. */
  refused: number;
  /** Refused for the last time: table and reason. */
  readonly parked: string[];
}

/**
 * Sends once all that waits. Nothing is marked as sent before its COMMIT was answered. A table that somebody holds keeps
 * no other from going.
 * @throws where the database cannot be reached or does not work: what has not been sent waits
 */
export async function ship(ends: Ends): Promise<Shipped> {
  const shipped: Shipped = { sent: 0, refused: 0, parked: [] };
  const held = new Held();
  const [tables, rows] = [waitingTables(ends.db), waitingRows(ends.db, 0, 1)];
  if (tables.length + rows.length === 0) return shipped;
  await withClient(ends.url, ends.signal, async (client) => {
    await prepareLedger(client);
    const results = existsSync(path.join(ends.project, "experiments.sql")) ? readResultTables(ends.project) : undefined;
    await held.unless("the results tables", async () =>
      shipRows(client, ends, results ? await shapeResults(client, results) : new Map(), held, shipped),
    );
    if (tables.length > 0)
      await withDrafts(ends.project, async (folder) => {
        for (const table of tables) await held.unless(table.table, () => shipTable(client, ends, results, folder, table, shipped));
      });
  });
  held.tell();
  return shipped;
}

async function shipRows(client: Client, ends: Ends, shapes: ReadonlyMap<string, Shape>, held: Held, shipped: Shipped): Promise<void> {
  const sent: number[] = [];
  const met = new Set<string>();
  const mark = () => void (sent.length > 0 && markMirrored(ends.db, sent.splice(0)));
  try {
    for (let page: Page | undefined = await readPage(ends.db, shapes, 0); page;) {
      const { last }: Page = page;
      let next: Promise<Page | undefined> | undefined;
      // While the database works: what was sent before is marked, what goes next is made ready.
      const meanwhile = () => {
        mark();
        next ??= last === undefined ? Promise.resolve(undefined) : readPage(ends.db, shapes, last);
        next.catch(() => {});
      };
      for (const { row, error } of page.unsendable) refuse(ends, row, error, shipped);
      for (const [table, rows] of page.tables)
        await held.unless(table, () => shipBatch({ client, ends, shape: shapes.get(table)!, table, met, meanwhile, sent, shipped }, rows));
      meanwhile();
      page = await next;
    }
  } finally {
    mark();
  }
}

/** What goes with the rows of one table. */
interface Batch {
  readonly client: Client;
  readonly ends: Ends;
  readonly shape: Shape;
  readonly table: string;
  readonly met: Set<string>;
  readonly meanwhile: () => void;
  /** Ids whose COMMIT was answered and that are still to be marked. */
  readonly sent: number[];
  readonly shipped: Shipped;
}

/** A refused row must not hold up the others: halves are tried, down to the one. */
async function shipBatch(batch: Batch, rows: readonly Row[]): Promise<void> {
  const { client, ends, shape, table, shipped } = batch;
  try {
    await sendRows(client, shape, table, rows, batch.met, batch.meanwhile);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    ends.signal.throwIfAborted();
    if (rows.length === 1) return refuse(ends, { id: rows[0]!.id, table }, error, shipped);
    const middle = rows.length >> 1;
    await shipBatch(batch, rows.slice(0, middle));
    return shipBatch(batch, rows.slice(middle));
  }
  for (const { id } of rows) batch.sent.push(id);
  shipped.sent += rows.length;
}

async function shipTable(
  client: Client,
  ends: Ends,
  results: ResultDefinition | undefined,
  folder: string,
  waiting: ReturnType<typeof waitingTables>[number],
  shipped: Shipped,
): Promise<void> {
  const artifact = JSON.parse(waiting.body) as Artifact;
  const parquet = ends.store.path(artifact);
  const csv = draftFile(folder, waiting.id);
  try {
    if (results?.tables.has(waiting.table)) throw new Unsendable(`"${waiting.table}" is a results table of experiments.sql`);
    if (!existsSync(parquet)) throw new Unsendable("its rows are no longer in the store: run its step again");
    await tableToCsv(
      parquet,
      (artifact.schema ?? []).map(({ name, type }) => ({ name, expression: mapType(type).expression })),
      csv,
      ends.signal,
    );
    ends.signal.throwIfAborted();
    await sendTable(client, waiting, artifact, csv);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    ends.signal.throwIfAborted();
    return refuse(ends, waiting, error, shipped);
  }
  ends.signal.throwIfAborted();
  markTableMirrored(ends.db, waiting);
  shipped.sent++;
}

function refuse({ db, url }: Ends, { id, table }: { readonly id: number; readonly table: string }, error: unknown, shipped: Shipped): void {
  const reason = mask(explain(error), url);
  if (markRefused(db, id, reason)) shipped.parked.push(`${table}: ${reason}`);
  else shipped.refused++;
}
