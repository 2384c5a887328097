import { fail } from "../errors.ts";
import { nearest } from "../nearest.ts";

/** How a CSV file is to be read. For what is not among it (a decimal comma, comments, lines to skip) there is sql`FROM read_csv('data/x.csv', decimal_separator = ',')`. */
export interface CsvOptions {
  /** Column → DuckDB type (`{ id: "INTEGER", day: "DATE" }`): these must be there. Others are kept, their types found. */
  readonly columns?: Readonly<Record<string, string>>;
  /** Whether the first line names the columns; true by default. Without one they are `column0`, `column1`, … or the names in `columns`. */
  readonly header?: boolean;
  /** One character; by default that of `,` `;` tab `|` which the first line has most of. */
  readonly delimiter?: string;
  readonly encoding?: "utf-8" | "latin-1" | "utf-16";
  /** Texts that mean NULL, besides the empty field: `["NA", "?"]`. */
  readonly nullStrings?: readonly string[];
}

const isText = (value: unknown) => typeof value === "string";

/** Option → whether a value is one of it, and what to give. */
const rules: Readonly<Record<keyof CsvOptions, readonly [holds: (value: unknown) => boolean, remedy: string]>> = {
  columns: [
    (value) => typeof value === "object" && value !== null && !Array.isArray(value) && Object.values(value).every(isText),
    'give column → type: { id: "INTEGER" }',
  ],
  header: [(value) => typeof value === "boolean", "give true or false"],
  delimiter: [(value) => isText(value) && (value as string).length === 1, 'give one character, such as ";"'],
  encoding: [(value) => ["utf-8", "latin-1", "utf-16"].includes(value as string), 'give "utf-8", "latin-1" or "utf-16"'],
  nullStrings: [(value) => Array.isArray(value) && value.every(isText), 'give a list of texts: ["NA"]'],
};

/** @throws E_USAGE for what is not an option, and for a value that is none of its option's */
export function checkOptions(options: CsvOptions): void {
  const known = Object.keys(rules);
  for (const [name, value] of Object.entries(options)) {
    if (!known.includes(name))
      fail("E_USAGE", `csv: there is no option "${name}"`, {
        remedy: `${nearest(name, known)}; what csv does not take, sql\`FROM read_csv(…)\` may`,
      });
    const [holds, remedy] = rules[name as keyof CsvOptions];
    if (value !== undefined && !holds(value)) fail("E_USAGE", `csv: ${name} is ${JSON.stringify(value)}`, { remedy });
  }
}
