/** How a DuckDB column goes to Postgres. */
interface Mapped {
  /** The column's type there. */
  readonly type: string;
  /** DuckDB SQL for the text that Postgres reads as that type. */
  expression(column: string): string;
}

const asIs = (column: string) => column;
/** DuckDB writes numbers into JSON that JSON has none for; they become texts, as Postgres' own to_jsonb has them. */
const asJson = (column: string) => {
  const json = `to_json(${column})::VARCHAR`;
  const tokens = String.raw`regexp_extract_all(${json}, '"(?:[^"\\]|\\.)*"|-?(?:NaN|Infinity)|[^"NI-]+|.')`;
  const quoted = `list_transform(${tokens}, lambda token: CASE WHEN token IN ('NaN', 'Infinity', '-Infinity') THEN '"' || token || '"' ELSE token END)`;
  return `CASE WHEN contains(${json}, 'NaN') OR contains(${json}, 'Infinity') THEN array_to_string(${quoted}, '') ELSE ${json} END`;
};

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
