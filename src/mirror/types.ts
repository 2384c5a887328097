/** How a DuckDB column goes to Postgres. */
export interface Mapped {
  /** The column's type there. */
  readonly type: string;
  /** DuckDB SQL for the text that Postgres reads as that type. */
  expression(column: string): string;
}

const asIs = (column: string) => column;
const asJson = (column: string) => `to_json(${column})`;

const natural: Readonly<Record<string, string>> = {
  BOOLEAN: "boolean",
  TINYINT: "smallint",
  UTINYINT: "smallint",
  SMALLINT: "smallint",
  USMALLINT: "integer",
  INTEGER: "integer",
  UINTEGER: "bigint",
  BIGINT: "bigint",
  UBIGINT: "numeric",
  HUGEINT: "numeric",
  UHUGEINT: "numeric",
  FLOAT: "real",
  DOUBLE: "double precision",
  VARCHAR: "text",
  DATE: "date",
  TIME: "time",
  TIMESTAMP: "timestamp",
  TIMESTAMP_S: "timestamp",
  TIMESTAMP_MS: "timestamp",
  TIMESTAMP_NS: "timestamp",
  "TIMESTAMP WITH TIME ZONE": "timestamptz",
  INTERVAL: "interval",
  UUID: "uuid",
  JSON: "jsonb",
};

/** The natural Postgres type for a DuckDB type: nested ones as jsonb, enums and what has no counterpart as text. */
export function mapType(duckdb: string): Mapped {
  const plain = natural[duckdb];
  if (plain) return { type: plain, expression: asIs };
  if (duckdb === "BLOB") return { type: "bytea", expression: (column) => `'\\x' || hex(${column})` };
  const decimal = /^DECIMAL\((\d+),\s*(\d+)\)$/.exec(duckdb);
  if (decimal) return { type: `numeric(${decimal[1]},${decimal[2]})`, expression: asIs };
  if (/\]$|^(?:STRUCT|MAP|UNION)\(/.test(duckdb)) return { type: "jsonb", expression: asJson };
  return { type: "text", expression: (column) => `${column}::VARCHAR` };
}
