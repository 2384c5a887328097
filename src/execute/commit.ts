import type { StepOutcome } from "../events.ts";
import type { Artifact, Digest, Effect, Scalar, Step, StepRecord, Written } from "../model.ts";
import { pacer, rest } from "../pace.ts";
import type { Decision } from "../plan/decide.ts";
import { mayEmpty } from "../plan/emptied.ts";
import { proposedTable } from "../record/define-table.ts";
import { completeRow } from "../record/experiments.ts";
import { countRecorded } from "../record/outbox.ts";
import { type Manifest, writeManifest } from "../record/manifests.ts";
import { probeRow } from "../record/probe-row.ts";
import { commitRecord } from "../record/records.ts";
import { highestPublished } from "../record/publish.ts";
import { sabotaged } from "../sabotage.ts";
import { bundleName } from "./bundles.ts";
import type { RunContext } from "./context.ts";
import { artifactOf } from "./filed.ts";
import { leftOver } from "./left-over.ts";
import type { Notes } from "./notes.ts";
import { deliverRecorded, noteModels, publishSaved } from "./owed.ts";
import type { Outputs, StoredEffect, ToldOrStaged } from "./protocol.ts";

/** What a step leaves, with its exports and displays in the store. */
export interface Stored {
  readonly artifacts: Readonly<Record<string, Artifact>>;
  readonly displays: readonly Artifact[];
  readonly effects: readonly StoredEffect<ToldOrStaged>[];
}

/** What a finished attempt brings to its commit. */
export interface Attempted {
  readonly step: Step;
  readonly decision: Decision;
  readonly stored: Stored;
  readonly staging: string;
  readonly notReproducible: string | null;
  readonly notes: Notes;
  readonly ms: number;
  readonly attempts: number;
}

/** Puts exports and displays into the store, each durable: until a record names them they are garbage. */
export async function keepOutputs(
  context: RunContext,
  { artifacts: exported, displays: shown, effects }: Outputs<ToldOrStaged>,
  staging: string,
): Promise<Stored> {
  const artifacts: Record<string, Artifact> = {};
  for (const [name, each] of Object.entries(exported)) artifacts[name] = await take(context, each, staging);
  const displays: Artifact[] = [];
  for (const each of shown) displays.push(await take(context, each, staging));
  return { artifacts, displays, effects };
}

/**
 * Makes a step's result real. All bytes are in the store first; then one transaction
 * holds record, outbox and models; then what is derived from it is published. A crash in
 * between leaves garbage or a repeat, never a lie.
 */
export async function commit(context: RunContext, attempted: Attempted): Promise<Readonly<Record<string, Artifact>>> {
  const { step, stored, notes, decision, notReproducible } = attempted;
  const { artifacts, displays } = stored;
  const taken = await takeEffects(context, stored.effects, attempted.staging);
  const { reads, written, racy } = await notes.settle(context.known.world, context.hasher, context.writes, mayEmpty(step.code.text));
  const replaced = await context.known.packages.moved(step.id, step.packages);
  const left = await leftOver(step, context.known.latestRecord(step.name)?.written ?? [], written, context.known);
  // What follows is in parts: with a thousand exports each of them takes milliseconds.
  const pace = pacer();
  // From here to the commit nothing is waited for: rows are numbered, and another step may record, too.
  const effects = wholeEffects(context, taken);
  const changed = replaced ? "a package changed while it ran" : racy ? "a file changed while it was read" : undefined;
  if (changed)
    context.emit({
      type: "step.warned",
      run: context.info.id,
      step: step.id,
      message: `${changed}: the result is used now and computed again next time`,
    });
  if (left !== undefined) context.emit({ type: "step.warned", run: context.info.id, step: step.id, message: left });
  const fingerprint = decision.fingerprint();
  const record: StepRecord = {
    step: step.id,
    name: step.name,
    run: context.info.id,
    fingerprint: fingerprint.digest,
    bundle: bundleName(step),
    parts: fingerprint.parts,
    // What holds a secret in its name is never found again: its step runs.
    reads: context.mask.data(reads).map((read, i) => ({ ...read, name: context.mask.name(reads[i]!.name) })),
    opaque: context.mask.data(notes.opaque),
    written: written.map((file) => ({
      ...file,
      path: context.mask.name(file.path),
      ...(file.beside ? { beside: file.beside.map((name) => context.mask.name(name)) } : {}),
    })),
    artifacts,
    effects,
    displays,
    ...(notReproducible ? { notReproducible } : {}),
    ...(changed ? { racy: true } : {}),
    finishedAt: new Date().toISOString(),
    ms: Math.round(attempted.ms),
    attempts: attempted.attempts,
  };
  const outcome = context.mask.data(outcomeOf(attempted));
  commitRecord(context.db, record, outcome, (name) => highestPublished(context.graph.project, name));
  await pace();
  for (const output of written) context.writes.set(output.path, { digest: await contentOf(context, output), at: Date.now() });
  keepManifest(context, { info: context.info, params: context.mask.given(context.known.world.params), outcome, record });
  SABOTAGE: for (const late of postponed.splice(0)) await late();
  await pace();
  await publish(context, record);
  // It is told with all its exports.
  await pace();
  return artifacts;
}

async function contentOf({ known, hasher }: RunContext, { path, digest, appended }: Written): Promise<Digest | null> {
  return appended ? ((await hasher.hash(known.world.absolute(path)))?.digest ?? null) : digest;
}

/** The result is real without it: where it cannot be written, it is only missed when the state has to be made anew. */
function keepManifest({ graph, emit, info }: RunContext, manifest: Manifest): void {
  try {
    writeManifest(graph.project, manifest);
  } catch (error) {
    emit({
      type: "run.warned",
      run: info.id,
      message: `the manifest of ${manifest.record.step} could not be written: ${(error as Error).message}`,
    });
  }
}

function outcomeOf({ step, decision, ms, attempts }: Attempted): StepOutcome {
  return { step: step.id, status: "ran", reason: decision.reason.text, ms: Math.round(ms), attempts };
}

const postponed: (() => Promise<void>)[] = [];

async function take({ store }: RunContext, output: ToldOrStaged, staging: string): Promise<Artifact> {
  const artifact = "told" in output ? artifactOf(output) : output.artifact;
  const place = () => ("told" in output ? store.put(output.told, artifact, `${staging}.told`) : store.take(output.file, artifact));
  SABOTAGE: if (sabotaged("commit-before-bytes")) {
    postponed.push(place);
    return artifact;
  }
  // A few times it waits for the disk, and a step may have many.
  await rest();
  await place();
  return artifact;
}

async function takeEffects(context: RunContext, staged: readonly StoredEffect<ToldOrStaged>[], staging: string): Promise<Effect[]> {
  const effects: Effect[] = [];
  for (const effect of staged) {
    if (effect.kind === "record") effects.push(effect);
    else if (effect.kind === "table")
      effects.push({ kind: "table", table: effect.table, artifact: await take(context, effect.rows, staging) });
    else
      effects.push({
        kind: "model",
        name: effect.name,
        artifact: await take(context, effect.parts, staging),
        card: await take(context, effect.card, staging),
      });
  }
  return effects;
}

function wholeEffects(context: RunContext, effects: readonly Effect[]): Effect[] {
  // Those of this step are not in the outbox yet.
  const recorded = new Map<string, number>();
  return effects.map((effect) => {
    if (effect.kind !== "record") return effect;
    const before = recorded.get(effect.table) ?? countRecorded(context.db, context.info.id, effect.table);
    recorded.set(effect.table, before + 1);
    return { ...effect, row: wholeRow(context, effect.table, context.mask.given(effect.row), before) };
  });
}

/** The row as the table will hold it; refused here, before anything of the step is kept. @param before rows of this run for the same table */
function wholeRow(context: RunContext, table: string, row: Readonly<Record<string, Scalar>>, before: number): Record<string, Scalar> {
  const { ddl, tables } = context.resultTables(() => proposedTable(table, row));
  const whole = completeRow(tables, table, row, context.info, before);
  probeRow(ddl, table, whole);
  return whole;
}

/** No failure of the step: its result is real by now. */
async function publish(context: RunContext, record: StepRecord): Promise<void> {
  const {
    db,
    store,
    graph: { project },
    emit,
    info,
  } = context;
  const warn = (message: string) => emit({ type: "run.warned", run: info.id, message });
  const at = { run: info.id, step: record.step };
  for (const effect of record.effects) {
    if (effect.kind === "record") emit({ type: "row.recorded", ...at, table: effect.table, row: effect.row });
  }
  const models = record.effects.flatMap((effect) => (effect.kind === "model" ? [effect.name] : []));
  const saved = await publishSaved({ db, store, project }, models, warn);
  for (const { name, version, path, run } of saved) emit({ type: "model.saved", ...at, name, version, path, existed: run !== info.id });
  await noteModels(context, saved);
  if (record.effects.some((effect) => effect.kind === "record")) {
    await rest();
    deliverRecorded(db, project, context.resultTables(), warn);
  }
}
