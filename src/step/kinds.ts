import { types as is } from "node:util";
import type * as Duck from "@duckdb/node-api";
import { fail } from "../errors.ts";

/** "whole": a number without a fraction, beyond 32 bits. It is a DOUBLE, or a BIGINT beside bigints, as `Table.rows` gives them. */
type Simple = "null" | "whole" | "BOOLEAN" | "DOUBLE" | "BIGINT" | "VARCHAR" | "TIMESTAMP" | "BLOB" | "FLOAT" | IntegerKind;
type IntegerKind = "INTEGER" | "UINTEGER" | "SMALLINT" | "USMALLINT" | "TINYINT" | "UTINYINT" | "UBIGINT";

/** What a column of JavaScript values becomes. */
export type Kind = Simple | { readonly list: Kind } | { readonly fields: Readonly<Record<string, Kind>> };

/** Where a value stands, for errors: written only where there is one, since there are millions of values. */
type Where = () => string;

/** The kind of one value. @throws E_UNSTORABLE for what no column can hold */
export function kindOf(value: unknown, where: Where): Kind {
  switch (typeof value) {
    case "undefined":
      return "null";
    case "boolean":
      return "BOOLEAN";
    case "number":
      if (value === (value | 0)) return Object.is(value, -0) ? "DOUBLE" : "INTEGER";
      return Number.isSafeInteger(value) ? "whole" : "DOUBLE";
    case "bigint":
      return BigInt.asIntN(64, value) === value ? "BIGINT" : refuse(where, "a bigint beyond 64 bits");
    case "string":
      return "VARCHAR";
    case "object":
      return value === null ? "null" : kindOfObject(value, where);
    default:
      return refuse(where, `a ${typeof value}`);
  }
}

function kindOfObject(value: object, where: Where): Kind {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? refuse(where, "an invalid Date") : "TIMESTAMP";
  if (value instanceof Uint8Array) return "BLOB";
  if (is.isTypedArray(value)) return { list: typeOf(value, where) };
  if (Array.isArray(value))
    return {
      list: value.reduce(
        (kind: Kind, item, index) =>
          merge(
            kind,
            kindOf(item, () => `${where()}[${index}]`),
            where,
          ),
        "null",
      ),
    };
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype)
    return refuse(where, `a ${(prototype as { constructor?: { name?: string } }).constructor?.name ?? "class instance"}`);
  const entries = Object.entries(value);
  if (entries.length === 0) return refuse(where, "an object without fields");
  return { fields: Object.fromEntries(entries.map(([name, inner]) => [name, kindOf(inner, () => `${where()}.${name}`)])) };
}

function refuse(where: Where, what: string): never {
  return fail("E_UNSTORABLE", `${where()} is ${what}, which a table cannot hold`, {
    remedy: "tables hold numbers, bigints, strings, booleans, Dates, bytes, and arrays and objects of these",
  });
}

/** The kind of a typed array's items. @throws E_UNSTORABLE for those that DuckDB has no type for, such as Float16Array */
export function typeOf(array: NodeJS.TypedArray, where: Where): Simple {
  if (array instanceof Float64Array) return "DOUBLE";
  if (array instanceof Float32Array) return "FLOAT";
  if (array instanceof BigInt64Array) return "BIGINT";
  if (array instanceof BigUint64Array) return "UBIGINT";
  if (array instanceof Int32Array) return "INTEGER";
  if (array instanceof Uint32Array) return "UINTEGER";
  if (array instanceof Int16Array) return "SMALLINT";
  if (array instanceof Uint16Array) return "USMALLINT";
  if (array instanceof Int8Array) return "TINYINT";
  if (array instanceof Uint8Array || array instanceof Uint8ClampedArray) return "UTINYINT";
  return refuse(where, `a ${array[Symbol.toStringTag]}`);
}

/** The kind that holds both. @throws E_UNSTORABLE where there is none */
export function merge(a: Kind, b: Kind, where: Where): Kind {
  if (a === b || b === "null") return a;
  if (a === "null") return b;
  if (typeof a === "object" && typeof b === "object") {
    if ("list" in a && "list" in b) return { list: merge(a.list, b.list, where) };
    if ("fields" in a && "fields" in b) return mergeFields(a.fields, b.fields, where);
  }
  if (isWhole(a) && isWhole(b)) return [a, b].includes("BIGINT") ? "BIGINT" : "whole";
  if (isNumber(a) && isNumber(b)) return "DOUBLE";
  return fail("E_UNSTORABLE", `${where()} is ${kindText(b)}, and the rows above are ${kindText(a)}`, {
    remedy: "make all values of a column of one type",
  });
}

function mergeFields(a: Readonly<Record<string, Kind>>, b: Readonly<Record<string, Kind>>, where: Where): Kind {
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  return { fields: Object.fromEntries(names.map((name) => [name, merge(kindIn(a, name), kindIn(b, name), where)])) };
}

const kindIn = (fields: Readonly<Record<string, Kind>>, name: string) => (fieldOf(name)(fields) as Kind | undefined) ?? "null";

/** What an object has under the name itself; a field called `constructor` that is missing is not that of all objects. */
export function fieldOf(name: string): (object: object) => unknown {
  const get = (object: object) => (object as Record<string, unknown>)[name];
  return name in Object.prototype ? (object) => (Object.hasOwn(object, name) ? get(object) : undefined) : get;
}

const isWhole = (kind: Kind) => kind === "INTEGER" || kind === "whole" || kind === "BIGINT";
const isNumber = (kind: Kind) => kind === "INTEGER" || kind === "whole" || kind === "DOUBLE";

function kindText(kind: Kind): string {
  if (typeof kind === "string") return kind === "whole" ? "DOUBLE" : kind;
  return "list" in kind ? `${kindText(kind.list)}[]` : "STRUCT";
}

/** The DuckDB type of a kind, and how its values are made. */
export function toDuck(api: typeof Duck, kind: Kind): { type: Duck.DuckDBType; convert: (value: unknown) => Duck.DuckDBValue } {
  const { type, convert } = notNull(api, kind);
  return { type, convert: (value) => (value === null || value === undefined ? null : convert(value)) };
}

function notNull(api: typeof Duck, kind: Kind): { type: Duck.DuckDBType; convert: (value: unknown) => Duck.DuckDBValue } {
  if (typeof kind === "object" && "list" in kind) {
    const item = toDuck(api, kind.list);
    return { type: api.LIST(item.type), convert: (value) => api.listValue(Array.from(value as Iterable<unknown>, item.convert)) };
  }
  if (typeof kind === "object") {
    const fields = Object.entries(kind.fields).map(([name, inner]) => [name, { ...toDuck(api, inner), get: fieldOf(name) }] as const);
    const type = api.STRUCT(Object.fromEntries(fields.map(([name, inner]) => [name, inner.type])));
    return {
      type,
      convert: (value) =>
        api.structValue(Object.fromEntries(fields.map(([name, inner]) => [name, inner.convert(inner.get(value as object))]))),
    };
  }
  switch (kind) {
    case "null":
      return { type: api.VARCHAR, convert: () => null };
    case "whole":
      return notNull(api, "DOUBLE");
    case "BIGINT":
      return { type: api.BIGINT, convert: (value) => BigInt(value as number | bigint) };
    case "TIMESTAMP":
      return { type: api.TIMESTAMP, convert: (value) => api.timestampValue(BigInt((value as Date).getTime()) * 1000n) };
    case "BLOB":
      return { type: api.BLOB, convert: (value) => api.blobValue(value as Uint8Array) };
    default:
      return { type: api[kind], convert: (value) => value as Duck.DuckDBValue };
  }
}
