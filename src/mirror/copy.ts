import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import copyStreams from "pg-copy-streams";
import type { Client } from "./connect.ts";

/** A COPY may take as long as it moves: this only ends one that nobody hears of any more. */
const patience = 3_600_000;

/** Rows of text into a table, by COPY. */
export async function copyRows(client: Client, table: string, lines: readonly (readonly (string | null)[])[]): Promise<void> {
  await copy(client, `COPY ${table} FROM STDIN`, Readable.from(chunks(lines)));
}

/** A CSV file, as `tableToCsv` writes it, into a table. */
export async function copyFile(client: Client, table: string, file: string): Promise<void> {
  await copy(client, `COPY ${table} FROM STDIN (FORMAT csv)`, createReadStream(file, { highWaterMark: 1 << 18 }));
}

async function copy(client: Client, statement: string, source: Readable): Promise<void> {
  const target = client.query(Object.assign(copyStreams.from(statement), { query_timeout: patience }));
  await pipeline(source, target);
}

/** A few hundred rows a chunk: the loop stays free for signals, and no text of all rows is held. */
function* chunks(lines: readonly (readonly (string | null)[])[]): Generator<string> {
  for (let at = 0; at < lines.length; at += 200) {
    yield lines.slice(at, at + 200).map((line) => `${line.map(field).join("\t")}\n`).join("");
  }
}

const escapes: Readonly<Record<string, string>> = { "\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r" };

function field(value: string | null): string {
  if (value === null) return "\\N";
  return /[\\\t\n\r]/.test(value) ? value.replace(/[\\\t\n\r]/g, (found) => escapes[found]!) : value;
}
