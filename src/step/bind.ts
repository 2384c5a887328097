import { types as is } from "node:util";
import type * as Duck from "@duckdb/node-api";
import { fail } from "../errors.ts";
import { quoteString } from "../sql-quote.ts";

/** A value interpolated into SQL, with the DuckDB type that keeps it exactly. */
export interface Param {
  readonly type: ParamType;
  readonly value: unknown;
}

type Simple = "NULL" | "BOOLEAN" | "INTEGER" | "BIGINT" | "HUGEINT" | "DOUBLE" | "VARCHAR" | "TIMESTAMP" | "BLOB";
type ParamType = Simple | { readonly list: ParamType };

/**
 * The value as a parameter: numbers as the literal would be typed (whole ones INTEGER or BIGINT, others DOUBLE),
 * bigint as BIGINT or HUGEINT, Date as TIMESTAMP in UTC, Uint8Array as BLOB, arrays as lists of one type.
 * @throws E_SQL for anything else, naming what it was
 */
export function toParam(value: unknown, where: string): Param {
  const type = paramType(value, where);
  return { type, value };
}

function paramType(value: unknown, where: string): ParamType {
  if (value === null) return "NULL";
  switch (typeof value) {
    case "boolean":
      return "BOOLEAN";
    case "number":
      return numberType(value);
    case "bigint":
      return bigintType(value, where);
    case "string":
      return "VARCHAR";
    case "object":
      return objectType(value, where);
    case "undefined":
      return refuse(where, "undefined", "give a value, or null for SQL's NULL");
    default:
      return refuse(where, `a ${typeof value}`, "give a value, a Table, a query or sql.id(…)");
  }
}

function numberType(value: number): Simple {
  // -0 has no INTEGER form; beyond 2^53 the digits of a number are not those of an integer.
  if (!Number.isSafeInteger(value) || Object.is(value, -0)) return "DOUBLE";
  return value === (value | 0) ? "INTEGER" : "BIGINT";
}

function bigintType(value: bigint, where: string): Simple {
  if (BigInt.asIntN(64, value) === value) return "BIGINT";
  if (BigInt.asIntN(128, value) === value) return "HUGEINT";
  return refuse(where, "a bigint beyond 128 bits", "give it as text and cast it to BIGNUM");
}

function objectType(value: object, where: string): ParamType {
  if (value instanceof Date) {
    return Number.isNaN(value.getTime()) ? refuse(where, "an invalid Date", "check the text it was made from") : "TIMESTAMP";
  }
  if (value instanceof Uint8Array) return "BLOB";
  if (Array.isArray(value)) {
    return { list: value.map((item) => paramType(item, `an item of ${where}`)).reduce((a, b) => common(a, b, where), "NULL" as ParamType) };
  }
  if (is.isTypedArray(value)) return { list: typedArrayType(value, where) };
  if (typeof (value as { then?: unknown }).then === "function") return refuse(where, "a promise", "await it first");
  const name = Object.getPrototypeOf(value)?.constructor?.name ?? "Object";
  return refuse(where, name === "Object" ? "an object" : `a ${name}`, "give its fields one by one, or make a table of it with table(rows)");
}

const small = [Int8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array];

function typedArrayType(value: NodeJS.TypedArray, where: string): Simple {
  if (value instanceof BigInt64Array) return "BIGINT";
  if (value instanceof BigUint64Array) return "HUGEINT";
  if (value instanceof Uint32Array) return "BIGINT";
  if (value instanceof Float64Array || value instanceof Float32Array) return "DOUBLE";
  return small.some((Kind) => value instanceof Kind)
    ? "INTEGER"
    : refuse(where, `a ${value[Symbol.toStringTag]}`, "copy it into a Float64Array");
}

const numeric: readonly ParamType[] = ["INTEGER", "BIGINT", "HUGEINT", "DOUBLE"];

/** The type that holds both, as items of one list. */
function common(a: ParamType, b: ParamType, where: string): ParamType {
  if (a === "NULL") return b;
  if (b === "NULL" || a === b) return a;
  if (typeof a === "object" && typeof b === "object") return { list: common(a.list, b.list, where) };
  if (numeric.includes(a) && numeric.includes(b)) return numeric[Math.max(numeric.indexOf(a), numeric.indexOf(b))]!;
  return refuse(where, `a list of both ${typeText(a)} and ${typeText(b)}`, "make all items of one type");
}

function refuse(where: string, what: string, remedy: string): never {
  return fail("E_SQL", `sql: ${where} is ${what}, which SQL cannot take`, { remedy });
}

/** `INTEGER[]` */
export function typeText(type: ParamType): string {
  return typeof type === "string" ? type : `${typeText(type.list)}[]`;
}

const microsOf = (value: unknown) => BigInt((value as Date).getTime()) * 1000n;

/** The parameter as DuckDB binds it. */
export function bound(api: typeof Duck, { type, value }: Param): { value: Duck.DuckDBValue; type: Duck.DuckDBType } {
  return { type: duckType(api, type), value: duckValue(api, type, value) };
}

function duckType(api: typeof Duck, type: ParamType): Duck.DuckDBType {
  if (typeof type === "object") return api.LIST(duckType(api, type.list));
  return type === "NULL" ? api.SQLNULL : api[type];
}

function duckValue(api: typeof Duck, type: ParamType, value: unknown): Duck.DuckDBValue {
  if (value === null) return null;
  if (typeof type === "object") return api.listValue(Array.from(value as Iterable<unknown>, (item) => duckValue(api, type.list, item)));
  switch (type) {
    case "BIGINT":
    case "HUGEINT":
      return BigInt(value as number | bigint);
    case "DOUBLE":
      return Number(value);
    case "TIMESTAMP":
      return api.timestampValue(microsOf(value));
    case "BLOB":
      return api.blobValue(value as Uint8Array);
    default:
      return value as Duck.DuckDBValue;
  }
}

/** The parameter written into the text, as exact as a bound one: for statements that take no parameters. */
export function literal({ type, value }: Param): string {
  if (value === null) return "NULL";
  if (typeof type === "object") {
    const items = Array.from(value as Iterable<unknown>, (item) => literal({ type: type.list, value: item }));
    return `[${items.join(", ")}]::${typeText(type.list === "NULL" ? { list: "INTEGER" } : type)}`;
  }
  switch (type) {
    case "BOOLEAN":
      return value ? "TRUE" : "FALSE";
    case "VARCHAR":
      return quoteString(value as string);
    case "TIMESTAMP":
      return `make_timestamp(${microsOf(value)}::BIGINT)`;
    case "BLOB":
      return `'${Array.from(value as Uint8Array, (byte) => `\\x${byte.toString(16).padStart(2, "0").toUpperCase()}`).join("")}'::BLOB`;
    case "DOUBLE":
      return `'${Object.is(value, -0) ? "-0" : value}'::DOUBLE`;
    case "INTEGER":
      return Number(value) < 0 ? `(${value})` : String(value);
    default:
      return `'${value}'::${type}`;
  }
}
