import { constants } from "node:fs";
import { gunzipSync } from "node:zlib";
import { fail } from "../errors.ts";
import { headSize, isMarked } from "./csv-bytes.ts";
import type { Head } from "./csv-head.ts";
import { closeSync, copyFileSync, openSync, readFileSync, readSync, writeFileSync, writeSync } from "./quiet-fs.ts";

const [newline, carriageReturn, quote, letter] = [10, 13, 34, 120];

/**
 * Writes a copy of a CSV file with letters in place of what is quoted in its header, and of its byte order mark, for DuckDB: where a
 * quoted name goes over several lines, as Excel writes them, its reader takes the rest of it for a row, or loses all rows without a
 * word. Nothing moves, so places are the same.
 */
export function writeFlat({ file, packed, encoding, shown }: Head, target: string): void {
  if (encoding === "utf-16")
    fail("E_CSV", `${shown} has the name of a column over several lines, which is not read in UTF-16`, {
      place: { file: shown },
      remedy: "save it as UTF-8",
    });
  if (packed) writeFileSync(target, gunzipSync(readFileSync(file)));
  else copyFileSync(file, target, constants.COPYFILE_FICLONE);
  const handle = openSync(target, "r+");
  try {
    const buffer = Buffer.alloc(headSize);
    const start = buffer.subarray(0, readSync(handle, buffer, 0, headSize, 0));
    writeSync(handle, flat(start), 0, start.length, 0);
  } finally {
    closeSync(handle);
  }
}

/** The bytes with letters for all that is quoted in the first line with text, and before it. */
function flat(bytes: Buffer): Buffer {
  const made = Buffer.from(bytes);
  const marked = isMarked(bytes) ? 3 : 0;
  let [quoted, begun] = [false, false];
  for (const [at, byte] of bytes.entries()) {
    const isMark = at < marked;
    const ends = !quoted && (byte === newline || byte === carriageReturn);
    if (ends && begun) break;
    if (quoted || byte === quote || isMark) made[at] = letter;
    if (byte === quote) quoted = !quoted;
    begun ||= !ends && !isMark;
  }
  return made;
}
