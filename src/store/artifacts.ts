import { createHash } from "node:crypto";
import { closeSync, constants, copyFileSync, fstatSync, linkSync, mkdirSync, openSync, readSync, writeSync } from "node:fs";
import path from "node:path";
import { fail } from "../errors.ts";
import type { Artifact, Codec, Digest, MimeBundle } from "../model.ts";
import { tableInfo, type TableInfo } from "./brand.ts";
import { decodeSource, encodeValue, type Source } from "./codec.ts";
import { inParts, mostAtOnce } from "./digest.ts";
import { onDisk, sync, syncFile } from "./durable.ts";
import { bundleOf, displaySymbol, isFigure } from "./figure.ts";

/** An artifact and where its bytes lie: in the staging folder; or in the store, for a table that came from there. */
export type StagedArtifact = Artifact & { readonly file: string };

/** A small value or figure as text: whoever keeps it puts it into a file. */
export interface ToldArtifact {
  readonly codec: Codec;
  readonly told: string;
}

/**
 * Stores one export as a file in the staging folder, synced to the disk.
 *
 * A Table is its Parquet file. An object that shows itself (`Symbol.for("Jupyter.display")`, or an element of a DOM) is a figure: its MIME bundle. Anything
 * else is a value.
 *
 * @param name the export's name, for paths in errors and in file names
 * @param staging made where there is none yet
 * @param mostTold of a value or figure of at most so many bytes, all of them text, no file is made
 * @throws E_UNSTORABLE with the path inside the value; E_DISK_FULL
 */
export async function storeExport(name: string, value: unknown, staging: string, mostTold = -1): Promise<StagedArtifact | ToldArtifact> {
  const table = tableInfo(value);
  if (table) return storeTable(name, table, staging);
  const figure = typeof value === "object" && value !== null && isFigure(value);
  return storeEncoded(figure ? "figure" : "value", encodeValue(figure ? await bundleOf(value) : value, name), name, staging, mostTold);
}

/** The same for a value that is in bytes already, as `encodeValue` gives them. */
export function storeEncoded(
  codec: Codec,
  chunks: readonly Uint8Array[],
  name: string,
  staging: string,
  mostTold = -1,
): StagedArtifact | ToldArtifact {
  const [text, ...raw] = chunks;
  if (raw.length === 0 && text!.length <= mostTold) return { codec, told: Buffer.from(text!).toString() };
  return storeChunks(codec, chunks, name, staging);
}

function storeTable(name: string, table: TableInfo, staging: string): StagedArtifact {
  if (table.artifact) return { ...table.artifact, file: table.file };
  return stageFile(staging, stagedName(name, "parquet"), (file) => {
    // Each export has a file of its own, which the store may move: a table may have two names. One that lies
    // elsewhere (parquet("data/x.parquet")) is the user's file, and is copied.
    if (path.dirname(table.file) !== path.resolve(staging) || !linked(table.file, file))
      copyFileSync(table.file, file, constants.COPYFILE_FICLONE);
    syncFile(file);
    return { codec: "table", ...digestFile(file), schema: table.schema, rows: table.rows, file };
  });
}

/** Not every disk has hard links (exFAT, a share of Windows). */
function linked(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch {
    return false;
  }
}

function storeChunks(codec: Codec, chunks: readonly Uint8Array[], name: string, staging: string): StagedArtifact {
  return stageFile(staging, stagedName(name, "value"), (file) => {
    const hash = createHash("sha256");
    let bytes = 0;
    const handle = openSync(file, "w");
    try {
      for (const part of chunks.flatMap((chunk) => [...inParts(chunk)])) {
        writeAll(handle, part);
        hash.update(part);
        bytes += part.length;
      }
      sync(handle);
    } finally {
      closeSync(handle);
    }
    return { codec, digest: hash.digest("hex"), bytes, file };
  });
}

/** The folder is made by the first that needs it: to make one is dear, and most steps have small results that need none. */
function stageFile<T>(staging: string, name: string, write: (file: string) => T): T {
  const file = path.join(staging, name);
  return onDisk(file, () => {
    mkdirSync(staging, { recursive: true });
    return write(file);
  });
}

/** One call may write less than it was given. */
function writeAll(handle: number, part: Uint8Array): void {
  for (let at = 0; at < part.length;) at += writeSync(handle, part, at);
}

let staged = 0;

// Names of exports are words, but for `default` and what a bundler makes of them.
function stagedName(name: string, extension: string): string {
  return `export-${name.replace(/[^\w.-]/g, "_").slice(0, 80)}-${++staged}.${extension}`;
}

/** SHA-256 and size of a file, read in pieces. */
export function digestFile(file: string): { digest: Digest; bytes: number } {
  const hash = createHash("sha256");
  const handle = openSync(file, "r");
  try {
    const buffer = Buffer.allocUnsafe(1 << 20);
    let bytes = 0;
    for (let read = readSync(handle, buffer); read > 0; read = readSync(handle, buffer)) {
      hash.update(buffer.subarray(0, read));
      bytes += read;
    }
    return { digest: hash.digest("hex"), bytes };
  } finally {
    closeSync(handle);
  }
}

/** A figure as an importing step gets it: it shows itself as it did. */
export interface Figure {
  readonly bundle: MimeBundle;
  readonly [displaySymbol]: () => MimeBundle;
}

/**
 * The value or figure of an artifact, read-only. Tables are opened by the step API (`src/step/inputs.ts`).
 * @param label the name of the import, for errors
 * @throws E_DECODE for damaged bytes; E_ARTIFACT where the file is not there
 */
export function readArtifact(artifact: Artifact, file: string, label: string): unknown {
  const value = withSource(file, label, (source) => decodeSource(source, { freeze: true, label }));
  if (artifact.codec !== "figure") return value;
  const bundle = value as MimeBundle;
  return Object.freeze({ bundle, [displaySymbol]: () => bundle } satisfies Figure);
}

function withSource<T>(file: string, label: string, work: (source: Source) => T): T {
  const source = openSource(file, label);
  try {
    return work(source);
  } finally {
    source.close();
  }
}

/** A stored file to be read in pieces. @throws E_ARTIFACT where it is not there */
export function openSource(file: string, label: string): Source & { close(): void } {
  let handle: number;
  try {
    handle = openSync(file, "r");
  } catch (thrown) {
    return fail("E_ARTIFACT", `the stored ${label} is not there: ${file}`, { remedy: "run again: it is made anew" }, thrown);
  }
  return { size: fstatSync(handle).size, read: (at, length) => readAll(handle, at, length), close: () => closeSync(handle) };
}

function readAll(handle: number, at: number, length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let done = 0; done < length;) {
    const read = readSync(handle, bytes, done, Math.min(mostAtOnce, length - done), at + done);
    if (read === 0) fail("E_DECODE", "not a stored value: the file is shorter than it was", { remedy: "run again: it is made anew" });
    done += read;
  }
  return bytes;
}
