import path from "node:path";
import type { Failure } from "../../errors.ts";
import { shownCode } from "../../command/code-patch.ts";
import { bundleName } from "../../execute/bundles.ts";
import { startedSteps } from "../../execute/started.ts";
import type { Edge, RunStatus, Step, StepId } from "../../model.ts";
import { currentRecord } from "../../record/lookup.ts";
import { type KeptRecord, recordById } from "../../record/records.ts";
import { type RunRow, runSteps, type RunStepRow } from "../../record/runs.ts";
import { byNumber } from "../data/cells.ts";
import { readLogEnd } from "../data/logs.ts";
import { readSource, titleOf } from "../data/source.ts";
import type { CellState } from "../part/icons.ts";
import { type Output, readOutputs, type Source } from "./outputs.ts";
import { type Tidy, tidier, tidyFailure } from "./tidy.ts";

/** A run as a document that can leave this machine: what is shared is made of it, whatever its form. */
export interface Document {
  readonly name: string;
  readonly run: RunRow & { readonly status: RunStatus };
  readonly cells: readonly DocumentCell[];
}

export interface DocumentCell {
  readonly id: StepId;
  readonly title: string;
  /** Markdown without its title. */
  readonly prose: string;
  readonly code: Code | null;
  readonly state: CellState;
  readonly reason: string;
  /** Of the execution whose outputs these are; 0: not known. */
  readonly ms: number;
  readonly attempts: number;
  readonly failure: Failure | null;
  readonly edges: readonly Edge[];
  readonly outputs: readonly Output[];
  readonly log: Log | null;
}

export interface Code {
  readonly text: string;
  readonly firstLine: number;
  readonly file: string;
  /** The file was edited since: this is what ran, without comments and types. */
  readonly asRan: boolean;
}

export interface Log {
  readonly lines: readonly string[];
  readonly bytes: number;
  readonly cut: boolean;
}

/** Lines of a log that go along: its end. */
const mostLines = 400;

/**
 * A run with its prose, code, outputs and logs, as they were in that run. The same run gives the same document: nothing
 * in it is of the clock, nor of this machine.
 * @param rows of each table, at most
 */
export async function readDocument(source: Source, run: RunRow, rows: number): Promise<Document> {
  const { db, project } = source;
  const known = new Map(runSteps(db, run.id).map((row) => [row.step, row]));
  const going = run.status === "running" ? [...startedSteps(project, run.id).keys()] : [];
  const ids = [...new Set([...known.keys(), ...going])].sort(byNumber);
  const tidy = tidier(project);
  const cells: DocumentCell[] = [];
  for (const id of ids) cells.push(await readCell(source, run, id, known.get(id), rows, tidy));
  return { name: path.basename(project), run, cells };
}

async function readCell(
  source: Source,
  run: RunRow,
  id: StepId,
  row: RunStepRow | undefined,
  rows: number,
  tidy: Tidy,
): Promise<DocumentCell> {
  const step = source.graph?.steps.find((each) => each.id === id);
  const record = row?.record == null ? undefined : recordById(source.db, row.record);
  const { prose, code } = await readCode(source, id, step, record, row?.failure?.bundle);
  const text = prose.replace(/^#\s+.+$/m, "").trim();
  return {
    id,
    prose: text,
    code,
    title: titleOf(prose) ?? id.replace(/^\d+_/, "").replaceAll(/[_-]/g, " "),
    state: row === undefined ? "running" : row.status === "cached" ? "reused" : row.status,
    reason: tidy(row?.reason ?? ""),
    ms: row && row.ms > 0 ? row.ms : (record?.ms ?? 0),
    attempts: row?.attempts ?? 1,
    failure: row?.failure ? tidyFailure(row.failure, tidy) : null,
    edges: edgesOf(source, step, record),
    outputs: record ? await readOutputs(source, record, rows) : [],
    log: readLog(source, run, id, row, record, tidy),
  };
}

/** The file, where it still is what ran; else the code as it ran, which is kept without comments. */
async function readCode(
  { project }: Source,
  id: StepId,
  step: Step | undefined,
  record: KeptRecord | undefined,
  failed: string | undefined,
): Promise<{ prose: string; code: Code | null }> {
  const file = step?.file ?? `steps/${id}.ts`;
  const { prose, code, firstLine } = readSource(project, file);
  const bundle = record?.bundle ?? failed;
  const same = bundle === undefined || (step !== undefined && bundleName(step) === bundle);
  const ran = same ? null : await shownCode(project, bundle);
  if (ran !== null) return { prose, code: { text: ran.trimEnd(), firstLine: 1, file, asRan: true } };
  return { prose, code: code === "" ? null : { text: code, firstLine, file, asRan: false } };
}

/** As the graph has them where it is still the same code; else by what the record says that it was given. */
function edgesOf({ db, graph }: Source, step: Step | undefined, record: KeptRecord | undefined): readonly Edge[] {
  if (!record || step?.code.digest === record.parts.code) return step?.edges ?? [];
  const given = new Map<StepId, string[]>();
  for (const input of Object.keys(record.parts.inputs)) {
    const dot = input.lastIndexOf(".");
    const name = input.slice(0, dot);
    const from = graph?.steps.find((each) => each.name === name)?.id ?? currentRecord(db, name)?.step;
    if (from !== undefined) given.set(from, [...(given.get(from) ?? []), input.slice(dot + 1)]);
  }
  return [...given].map(([from, exports]) => ({ from, exports }));
}

/** Of a reused step, what it printed when it ran. */
function readLog(
  { project }: Source,
  run: RunRow,
  id: StepId,
  row: RunStepRow | undefined,
  record: KeptRecord | undefined,
  tidy: Tidy,
): Log | null {
  const log = row?.status === "cached" && record ? readLogEnd(project, record.run, record.step) : readLogEnd(project, run.id, id);
  if (!log || log.bytes === 0) return null;
  return { lines: log.lines.slice(-mostLines).map(tidy), bytes: log.bytes, cut: log.cut || log.lines.length > mostLines };
}
