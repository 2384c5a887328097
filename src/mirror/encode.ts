import type { Scalar } from "../model.ts";
import type { Waiting } from "../record/outbox.ts";
import { Unsendable } from "./refusal.ts";
import type { Column, Shape } from "./shape.ts";

/** A row of the outbox as it goes to Postgres. */
export interface Row {
  readonly id: number;
  readonly version: number;
  /** The values of its primary key. */
  readonly key: string;
  /** Rows of one layout go in one statement. */
  readonly layout: Layout;
  /** Its values as COPY reads them. */
  readonly line: string;
}

/** The columns that a row gives, in its order. */
export interface Layout {
  readonly columns: readonly Column[];
  readonly given: readonly string[];
}

/** Turns rows of one table into text. */
export class Encoder {
  readonly #shape: Shape;
  readonly #layouts = new Map<string, Layout>();

  /** @throws Unsendable where no row of this table can go */
  constructor(table: string, shape: Shape | undefined) {
    if (!shape) throw new Unsendable(`experiments.sql has no table "${table}" any more`);
    if (shape.key.length === 0)
      throw new Unsendable(`${table} has no PRIMARY KEY in experiments.sql, so a row sent twice could not be told from two`);
    this.#shape = shape;
  }

  /** @throws Unsendable */
  encode({ id, version, body }: Waiting): Row {
    const values = JSON.parse(body) as Readonly<Record<string, Scalar>>;
    const layout = this.#layoutOf(Object.keys(values));
    let line = "";
    for (let at = 0; at < layout.given.length; at++) line += (at === 0 ? "" : "\t") + field(values[layout.given[at]!], layout.columns[at]!);
    return { id, version, key: JSON.stringify(this.#shape.key.map((name) => String(values[name]))), layout, line };
  }

  #layoutOf(given: readonly string[]): Layout {
    const name = given.join("\0");
    const found = this.#layouts.get(name) ?? this.#makeLayout(given);
    this.#layouts.set(name, found);
    return found;
  }

  #makeLayout(given: readonly string[]): Layout {
    const keyless = this.#shape.key.find((name) => !given.includes(name));
    if (keyless !== undefined) throw new Unsendable(`the row has no ${keyless}, which is part of its key`);
    // Columns that experiments.sql has lost are left out, as in the embedded table.
    const there = given.filter((name) => this.#shape.columns.has(name));
    return { given: there, columns: there.map((name) => this.#shape.columns.get(name)!) };
  }
}

/** As the embedded table holds it: SQLite has 1 and 0 for booleans, and Postgres reads those too. */
function field(value: Scalar | undefined, { type }: Column): string {
  if (value === null || value === undefined) return "\\N";
  if (typeof value === "string") return escaped(value);
  if (typeof value === "boolean") return type === "jsonb" || type === "json" ? String(value) : value ? "1" : "0";
  return String(value);
}

const escapes: Readonly<Record<string, string>> = { "\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r" };

/** A text as a field of COPY. */
export function escaped(text: string): string {
  return /[\\\t\n\r]/.test(text) ? text.replace(/[\\\t\n\r]/g, (found) => escapes[found]!) : text;
}
