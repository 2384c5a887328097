import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import copyStreams from "pg-copy-streams";
import { type Client, hours } from "./connect.ts";

/**
 * So many lines into a table, by COPY.
 * @param fed called when all of them are on their way
 */
export async function copyLines(
  client: Client,
  table: string,
  count: number,
  line: (at: number) => string,
  fed: () => void,
): Promise<void> {
  await copy(client, `COPY ${table} FROM STDIN`, Readable.from(chunks(count, line)).once("end", fed));
}

/** A CSV file, as `tableToCsv` writes it, into a table. */
export async function copyFile(client: Client, table: string, file: string): Promise<void> {
  await copy(client, `COPY ${table} FROM STDIN (FORMAT csv)`, createReadStream(file, { highWaterMark: 1 << 18 }));
}

async function copy(client: Client, statement: string, source: Readable): Promise<void> {
  const target = client.query(Object.assign(copyStreams.from(statement), hours));
  await pipeline(source, target);
}

/** A few hundred lines a chunk: the loop stays free for signals, and no text of all is held. */
function* chunks(count: number, line: (at: number) => string): Generator<string> {
  for (let from = 0; from < count; from += 250) {
    let chunk = "";
    for (let at = from; at < Math.min(count, from + 250); at++) chunk += line(at);
    yield chunk;
  }
}
