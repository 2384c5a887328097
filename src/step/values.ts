import type * as Duck from "@duckdb/node-api";
import { fail } from "../errors.ts";

/**
 * DuckDB values as JavaScript ones, by type:
 *
 * | DuckDB | JavaScript |
 * | --- | --- |
 * | BOOLEAN, VARCHAR, ENUM, UUID | boolean, string |
 * | integers up to 32 bits, FLOAT, DOUBLE | number |
 * | BIGINT, UBIGINT, HUGEINT, UHUGEINT, DECIMAL(w, 0) | number where it is a safe integer, else bigint |
 * | other DECIMALs | the nearest number |
 * | DATE, TIMESTAMP of any precision | Date (UTC, milliseconds); ±infinity is an invalid Date |
 * | TIME, INTERVAL, BIT, BIGNUM | string, as DuckDB writes it |
 * | BLOB | Uint8Array |
 * | LIST, ARRAY, STRUCT, MAP | array, object, Map |
 * | UNION, VARIANT | its value |
 */
export type Converter = (value: Duck.DuckDBValue) => unknown;

/** The converter of a type; NULL is null throughout. */
export function converter(api: typeof Duck, type: Duck.DuckDBType): Converter {
  const convert = notNull(api, type);
  return (value) => (value === null ? null : convert(value));
}

function notNull(api: typeof Duck, type: Duck.DuckDBType): Converter {
  const id = api.DuckDBTypeId;
  switch (type.typeId) {
    case id.BIGINT:
    case id.UBIGINT:
    case id.HUGEINT:
    case id.UHUGEINT:
      return (value) => numberIfSafe(value as bigint);
    case id.DECIMAL:
      if ((type as Duck.DuckDBDecimalType).scale === 0) return (value) => numberIfSafe((value as Duck.DuckDBDecimalValue).value);
      return (value) => Number((value as Duck.DuckDBDecimalValue).toString());
    case id.DATE:
      return (value) => dateOfDays(value as Duck.DuckDBDateValue);
    case id.TIMESTAMP:
    case id.TIMESTAMP_TZ:
      return (value) => dateOf(value as Duck.DuckDBTimestampValue, (value as Duck.DuckDBTimestampValue).micros, 1000n);
    case id.TIMESTAMP_MS:
      return (value) => dateOf(value as Duck.DuckDBTimestampMillisecondsValue, (value as Duck.DuckDBTimestampMillisecondsValue).millis, 1n);
    case id.TIMESTAMP_NS:
      return (value) =>
        dateOf(value as Duck.DuckDBTimestampNanosecondsValue, (value as Duck.DuckDBTimestampNanosecondsValue).nanos, 1_000_000n);
    case id.TIMESTAMP_S:
      return (value) => dateOf(value as Duck.DuckDBTimestampSecondsValue, (value as Duck.DuckDBTimestampSecondsValue).seconds * 1000n, 1n);
    case id.BLOB:
      return (value) => Uint8Array.from((value as Duck.DuckDBBlobValue).bytes);
    default:
      return nested(api, type) ?? plain;
  }
}

function nested(api: typeof Duck, type: Duck.DuckDBType): Converter | undefined {
  const id = api.DuckDBTypeId;
  switch (type.typeId) {
    case id.LIST:
    case id.ARRAY: {
      const item = converter(api, (type as Duck.DuckDBListType).valueType);
      return (value) => (value as Duck.DuckDBListValue).items.map(item);
    }
    case id.STRUCT: {
      const { entryNames, entryTypes } = type as Duck.DuckDBStructType;
      if (new Set(entryNames).size < entryNames.length)
        fail("E_SQL", `SQL gives a ${String(type).replaceAll('"" ', "")}, whose fields have no names of their own`, {
          remedy: "write {'a': 1, 'b': 2} in place of row(1, 2)",
        });
      const fields = entryNames.map((name, index) => ({ name, convert: converter(api, entryTypes[index]!) }));
      return (value) => {
        const { entries } = value as Duck.DuckDBStructValue;
        return record(fields.map(({ name, convert }) => [name, convert(entries[name]!)]));
      };
    }
    case id.MAP: {
      const { keyType, valueType } = type as Duck.DuckDBMapType;
      const [key, item] = [converter(api, keyType), converter(api, valueType)];
      return (value) => new Map((value as Duck.DuckDBMapValue).entries.map((entry) => [key(entry.key), item(entry.value)]));
    }
    case id.UNION: {
      const { memberTags, memberTypes } = type as Duck.DuckDBUnionType;
      const converters = new Map(memberTags.map((tag, index) => [tag, converter(api, memberTypes[index]!)]));
      return (value) => converters.get((value as Duck.DuckDBUnionValue).tag)!((value as Duck.DuckDBUnionValue).value);
    }
    case id.VARIANT:
      return (value) => {
        const { value: inner, type: innerType } = value as Duck.DuckDBVariantValue;
        return converter(api, innerType ?? api.VARCHAR)(inner);
      };
    default:
      return undefined;
  }
}

// Strings, numbers and booleans are themselves; TIME, INTERVAL, UUID, BIT and BIGNUM are written as DuckDB does.
function plain(value: Duck.DuckDBValue): unknown {
  return typeof value === "object" || typeof value === "bigint" ? String(value) : value;
}

const least = BigInt(Number.MIN_SAFE_INTEGER);
const most = BigInt(Number.MAX_SAFE_INTEGER);

function numberIfSafe(value: bigint): number | bigint {
  return value >= least && value <= most ? Number(value) : value;
}

function dateOfDays(value: Duck.DuckDBDateValue): Date {
  return new Date(value.isFinite ? value.days * 86_400_000 : NaN);
}

function dateOf(value: { readonly isFinite: boolean }, units: bigint, perMillisecond: bigint): Date {
  if (!value.isFinite) return new Date(NaN);
  // Rounded down, before 1970 too.
  const rest = ((units % perMillisecond) + perMillisecond) % perMillisecond;
  return new Date(Number((units - rest) / perMillisecond));
}

/** An object of the entries; a column named `__proto__` is a field like any other. */
export function record(entries: readonly (readonly [string, unknown])[]): Record<string, unknown> {
  const made: Record<string, unknown> = {};
  for (const [name, value] of entries) {
    if (name === "__proto__") Object.defineProperty(made, name, { value, writable: true, enumerable: true, configurable: true });
    else made[name] = value;
  }
  return made;
}

/** Makes rows of a result's chunks. */
export function rowMaker(api: typeof Duck, result: Duck.DuckDBResult): (chunk: Duck.DuckDBDataChunk) => Record<string, unknown>[] {
  const names = result.deduplicatedColumnNames();
  const converters = result.columnTypes().map((type) => converter(api, type));
  return (chunk) => {
    const columns = converters.map((convert, index) => chunk.getColumnValues(index).map(convert));
    return Array.from({ length: chunk.rowCount }, (_, row) => record(names.map((name, index) => [name, columns[index]![row]])));
  };
}

/** All rows of a result. */
export async function rowsOf<Row>(api: typeof Duck, result: Duck.DuckDBResult): Promise<Row[]> {
  const make = rowMaker(api, result);
  const rows: Row[] = [];
  for (const chunk of await result.fetchAllChunks()) for (const row of make(chunk)) rows.push(row as Row);
  return rows;
}
