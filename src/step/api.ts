/**
 * What a step may import: the package `stepbook`.
 *
 * ```ts
 * import { param, sql } from "stepbook";
 * ```
 */
export { check } from "./check.ts";
export type { CheckRules } from "./check-rules.ts";
export type { ColumnOf } from "./columns.ts";
export { csv } from "./csv.ts";
export type { CsvOptions } from "./csv-options.ts";
export { display } from "./display.ts";
export { loadModel, saveModel, type LoadedModel } from "./models.ts";
export { mirrorTable } from "./mirror-table.ts";
export { param, type ParamOptions, type ParamValue } from "./param.ts";
export { parquet } from "./parquet.ts";
export type { Query } from "./query.ts";
export { random, type Random } from "./random.ts";
export { record } from "./record.ts";
export { run } from "./run.ts";
export { secret } from "./secret.ts";
export { skip } from "./skip.ts";
export type { TableData } from "./table-data.ts";
export { sql } from "./sql.ts";
export { table } from "./from-rows.ts";
export { Table, type Slice } from "./table.ts";
export { track, type TrackOptions } from "./track.ts";
