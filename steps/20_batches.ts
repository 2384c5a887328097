/**
 * # Batches
 * The data as it came in, batch by batch: how many rows, how many of them malignant, and the mean of every
 * measure. A batch that stands out says that something changed where the data is made.
 */
import { display, param, sql } from "stepbook";
import type { Measure } from "../lib/patients.ts";
import { dataset } from "./10_fetch.ts";

type Batch = { batch: number; rows: number; malignant: number; benign: number } & Record<`${Measure}_mean`, number>;

const batchSize = param("batch_size", 100, { doc: "rows in a batch", min: 1 });

const numbered = sql`SELECT *, (row_number() OVER (ORDER BY id) - 1) // ${batchSize} + 1 AS batch FROM ${dataset}`;

export const batches = await sql<Batch>`
  SELECT batch::INTEGER AS batch,
         count(*)::INTEGER AS rows,
         count_if(diagnosis = 'M')::INTEGER AS malignant,
         count_if(diagnosis = 'B')::INTEGER AS benign,
         avg(COLUMNS('_mean$'))
  FROM ${numbered} GROUP BY batch ORDER BY batch`;

display(batches);
