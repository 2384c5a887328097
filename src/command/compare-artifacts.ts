import { existsSync } from "node:fs";
import { inspect } from "node:util";
import type { StagedArtifact } from "../execute/protocol.ts";
import { type Figure, readArtifact } from "../store/artifacts.ts";
import type { Table } from "../step/table.ts";
import { columnText, compareColumns } from "./compare-columns.ts";
import { firstDifference, type Found } from "./first-difference.ts";

/** How one output of a step's second execution compares with the first. */
export interface Comparison {
  readonly name: string;
  readonly status: "same" | "differs";
  /** Where it differs first. */
  readonly hint: string | null;
}

/**
 * Compares by the bytes; where they differ, looks for the place.
 * @param stored what the record holds and where; undefined: the record has no such output
 */
export async function compareArtifacts(
  name: string,
  stored: StagedArtifact | undefined,
  again: StagedArtifact | undefined,
): Promise<Comparison> {
  if (!stored || !again) return { name, status: "differs", hint: stored ? "it was there then and is not now" : "it was not there then" };
  if (stored.artifact.digest === again.artifact.digest) return { name, status: "same", hint: null };
  return { name, status: "differs", hint: await hintOf(name, stored, again) };
}

async function hintOf(name: string, stored: StagedArtifact, again: StagedArtifact): Promise<string> {
  const [then, now] = [stored.artifact.codec, again.artifact.codec];
  if (then !== now) return `a ${then} then, a ${now} now`;
  if (!existsSync(stored.file)) return "what was stored is gone, so where they differ cannot be told";
  if (then === "table") return tableHint(stored, again);
  const [a, b] = [read(stored, name), read(again, name)];
  const found = firstDifference(a, b, name);
  return found ? foundText(found) : "equal values of other bytes";
}

function read({ artifact, file }: StagedArtifact, name: string): unknown {
  const value = readArtifact(artifact, file, name);
  return artifact.codec === "figure" ? (value as Figure).bundle : value;
}

export function foundText({ path, then, now }: Found): string {
  const show = (value: unknown) => inspect(value, { depth: 0, breakLength: Infinity, maxStringLength: 60 });
  return `${path}: ${show(then)} → ${show(now)}`;
}

async function tableHint(stored: StagedArtifact, again: StagedArtifact): Promise<string> {
  const columns = compareColumns(stored.artifact.schema ?? [], again.artifact.schema ?? []);
  if (columns.length > 0) return `columns: ${columns.map(columnText).join(", ")}`;
  const { openTable } = await import("./show-table.ts");
  return (
    (await firstRow(openTable(stored.artifact, stored.file), openTable(again.artifact, again.file))) ??
    rowCounts(stored, again) ??
    "the same rows in other bytes"
  );
}

function rowCounts(stored: StagedArtifact, again: StagedArtifact): string | undefined {
  const [then, now] = [stored.artifact.rows, again.artifact.rows];
  return then === now ? undefined : `${then} rows → ${now} rows`;
}

/** The first row that differs, read batch by batch on both sides. */
async function firstRow(stored: Table, again: Table): Promise<string | undefined> {
  const others = again.batches(1000);
  let before = 0;
  for await (const rows of stored.batches(1000)) {
    const { value: fresh = [] } = await others.next();
    for (let index = 0; index < Math.min(rows.length, fresh.length); index++) {
      const found = firstDifference(rows[index], fresh[index], "");
      if (found) return `row ${before + index + 1}, ${foundText({ ...found, path: found.path.replace(/^\./, "") })}`;
    }
    before += rows.length;
  }
  return undefined;
}
