import type * as Duck from "@duckdb/node-api";
import { converter, record, type Converter } from "./values.ts";
import { numbersOf, putSafe } from "./vectors.ts";

type NumberArray = Float64Array | Float32Array | Int32Array | Uint32Array | Int16Array | Uint16Array | Int8Array | Uint8Array;

/** A column of a row type, as `table.column` gives it: one that may be NULL is a plain array where it is. */
export type ColumnOf<Value> = [NonNullable<Value>] extends [number]
  ? NumberArray | WithNull<Value>
  : [NonNullable<Value>] extends [number | bigint]
    ? Float64Array | BigInt64Array | BigUint64Array | WithNull<Value>
    : Value[];

type WithNull<Value> = null extends Value ? Value[] : never;

type AnyTyped = NumberArray | BigInt64Array | BigUint64Array;

/** Reads a stream of chunks into one array per column. `count`: how many rows will come. */
export async function readColumns(api: typeof Duck, result: Duck.DuckDBResult, count: number): Promise<Record<string, unknown>> {
  const names = result.columnNames();
  const builders = result.columnTypes().map((type) => columnBuilder(api, type, count));
  for (let chunk = await result.fetchChunk(); chunk && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
    for (const [index, builder] of builders.entries()) builder.add(chunk.getColumnVector(index));
  }
  return record(names.map((name, index) => [name, builders[index]!.done()]));
}

interface Builder {
  add(vector: Duck.DuckDBVector): void;
  done(): unknown;
}

function columnBuilder(api: typeof Duck, type: Duck.DuckDBType, count: number): Builder {
  const convert = converter(api, type);
  const typed = typedArray(api, type, count);
  return typed ? typedBuilder(typed, convert) : plainBuilder([], convert);
}

function plainBuilder(items: unknown[], convert: Converter): Builder {
  return {
    add: (vector) => {
      for (let i = 0; i < vector.itemCount; i++) items.push(convert(vector.getItem(i)));
    },
    done: () => items,
  };
}

/** Fills the typed array with one copy per chunk; from the first NULL on goes on with a plain array. */
function typedBuilder(array: AnyTyped, convert: Converter): Builder {
  let filled = 0;
  let plain: Builder | undefined;
  // In the same memory, as long as all values are safe integers.
  let numbers = isOf64Bits(array) ? new Float64Array(array.buffer) : undefined;
  const add = (vector: Duck.DuckDBVector) => {
    const items = plain ? undefined : numbersOf(vector);
    if (!items) {
      plain ??= plainBuilder(Array.from((numbers ?? array).subarray(0, filled) as Iterable<Duck.DuckDBValue>, convert), convert);
      return plain.add(vector);
    }
    if (numbers && !putSafe(numbers, filled, items)) {
      for (let i = 0; i < filled; i++) array[i] = BigInt(numbers[i]!);
      numbers = undefined;
    }
    if (!numbers) array.set(items as never, filled);
    filled += items.length;
  };
  return { add, done: () => (plain ? plain.done() : (numbers ?? array)) };
}

const isOf64Bits = (array: AnyTyped) => array instanceof BigInt64Array || array instanceof BigUint64Array;

function typedArray(api: typeof Duck, type: Duck.DuckDBType, count: number): AnyTyped | undefined {
  const id = api.DuckDBTypeId;
  switch (type.typeId) {
    case id.DOUBLE:
      return new Float64Array(count);
    case id.FLOAT:
      return new Float32Array(count);
    case id.BIGINT:
      return new BigInt64Array(count);
    case id.UBIGINT:
      return new BigUint64Array(count);
    case id.INTEGER:
      return new Int32Array(count);
    case id.UINTEGER:
      return new Uint32Array(count);
    case id.SMALLINT:
      return new Int16Array(count);
    case id.USMALLINT:
      return new Uint16Array(count);
    case id.TINYINT:
      return new Int8Array(count);
    case id.UTINYINT:
      return new Uint8Array(count);
    default:
      return undefined;
  }
}
