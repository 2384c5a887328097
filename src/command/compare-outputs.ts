import type { Opened } from "../engine.ts";
import type { Notes } from "../execute/notes.ts";
import type { Outputs, StagedArtifact } from "../execute/protocol.ts";
import type { Artifact, Effect } from "../model.ts";
import { World } from "../plan/reads.ts";
import type { KeptRecord } from "../record/records.ts";
import { compareArtifacts, type Comparison, foundText } from "./compare-artifacts.ts";
import { firstDifference } from "./first-difference.ts";

/** All that a step left in two executions, side by side: exports, models, recorded rows, files. */
export async function compareOutputs(opened: Opened, record: KeptRecord, left: Outputs, notes: Notes): Promise<Comparison[]> {
  const stored = (artifact: Artifact | undefined): StagedArtifact | undefined =>
    artifact && { artifact, file: opened.store.path(artifact) };
  const compared: Comparison[] = [];
  for (const name of new Set([...Object.keys(record.artifacts), ...Object.keys(left.artifacts)])) {
    compared.push(await compareArtifacts(name, stored(record.artifacts[name]), left.artifacts[name]));
  }
  const [then, now] = [models(record.effects), left.effects.filter((effect) => effect.kind === "model")];
  for (const name of new Set([...then.map((each) => each.name), ...now.map((each) => each.name)])) {
    const [before, after] = [then.find((each) => each.name === name), now.find((each) => each.name === name)];
    compared.push(await compareArtifacts(`model ${name}`, stored(before?.artifact), after?.parts));
    compared.push(await compareArtifacts(`card of ${name}`, stored(before?.card), after?.card));
  }
  const [tablesThen, tablesNow] = [tables(record.effects), left.effects.filter((effect) => effect.kind === "table")];
  for (const name of new Set([...tablesThen, ...tablesNow].map((each) => each.table))) {
    const [before, after] = [tablesThen.find((each) => each.table === name), tablesNow.find((each) => each.table === name)];
    compared.push(await compareArtifacts(`mirrored table ${name}`, stored(before?.artifact), after?.rows));
  }
  return [...compared, ...compareRows(record, left), ...(await compareFiles(opened, record, notes))];
}

function models(effects: readonly Effect[]) {
  return effects.filter((effect) => effect.kind === "model");
}

function tables(effects: readonly Effect[]) {
  return effects.filter((effect) => effect.kind === "table");
}

/** The columns that the step gives; the others are filled in by the engine. */
function compareRows(record: KeptRecord, left: Outputs): Comparison[] {
  const then = record.effects.filter((effect) => effect.kind === "record");
  const now = left.effects.filter((effect) => effect.kind === "record");
  return Array.from({ length: Math.max(then.length, now.length) }, (_, index): Comparison => {
    const [before, after] = [then[index], now[index]];
    const name = `row ${index + 1} of ${(after ?? before)!.table}`;
    if (!before || !after)
      return { name, status: "differs", hint: before ? "it was recorded then and is not now" : "it was not recorded then" };
    // Integers beyond 2^53 are kept as text.
    const given = Object.fromEntries(Object.keys(after.row).map((column) => [column, before.row[column]]));
    const fresh = Object.fromEntries(
      Object.entries(after.row).map(([column, value]) => [column, typeof value === "bigint" ? String(value) : value]),
    );
    const found = firstDifference(given, fresh, "");
    return { name, status: found ? "differs" : "same", hint: found ? foundText({ ...found, path: found.path.slice(1) }) : null };
  });
}

async function compareFiles({ project, hasher }: Opened, record: KeptRecord, notes: Notes): Promise<Comparison[]> {
  const { written } = await notes.settle(new World(project, {}, {}, "", hasher), hasher, new Map());
  return written.map(({ path, digest }): Comparison => {
    const before = record.written.find((each) => each.path === path);
    if (!before) return { name: path, status: "differs", hint: "it was not written then" };
    return { name: path, status: before.digest === digest ? "same" : "differs", hint: null };
  });
}
