import { Writable } from "node:stream";
import { stripVTControlCharacters } from "node:util";
import { displayWidth } from "../../src/report/width.ts";

/** A stream that keeps what is written to it; with columns, a terminal. */
export class FakeStream extends Writable {
  text = "";
  isTTY?: boolean;
  columns?: number;
  rows?: number;

  constructor(columns?: number, rows = 40) {
    super();
    if (columns === undefined) return;
    this.isTTY = true;
    this.columns = columns;
    this.rows = rows;
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }

  get lines(): string[] {
    return this.text.replace(/\n$/, "").split("\n");
  }

  /** As the type of process.stdout. */
  get stream(): NodeJS.WriteStream {
    return this as unknown as NodeJS.WriteStream;
  }
}

/** What a terminal shows after the text: the few sequences that a live view needs, and no other. */
export function screenOf(text: string): string[] {
  const rows: string[] = [""];
  let row = 0;
  let column = 0;
  for (const [token] of text.matchAll(/\x1b\[[?\d;]*[A-Za-z]|\n|\r|[^\x1b\n\r]+|\x1b/g)) {
    const [, count, command] = /^\x1b\[\??([\d;]*)([A-Za-z])$/.exec(token) ?? [];
    if (command === "A") row = Math.max(0, row - Number(count || 1));
    else if (command === "B") row += Number(count || 1);
    else if (command === "G") column = Number(count || 1) - 1;
    else if (command === "K") rows[row] = count === "2" ? "" : (rows[row] ?? "").slice(0, column);
    else if (command === "J") rows.splice(row, Infinity, (rows[row] ?? "").slice(0, column));
    else if (command === "m" || command === "h" || command === "l") continue;
    else if (token === "\n") [row, column] = [row + 1, 0];
    else if (token === "\r") column = 0;
    else if (token.startsWith("\x1b")) throw new Error(`no such command: ${JSON.stringify(token)}`);
    else {
      rows[row] = (rows[row] ?? "").slice(0, column).padEnd(column) + token;
      column += token.length;
    }
    rows[row] ??= "";
  }
  return rows;
}

export function widest(text: string): number {
  return Math.max(...text.split("\n").map((line) => displayWidth(stripVTControlCharacters(line))));
}
