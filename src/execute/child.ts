import { writeSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { type Failure, toFailure } from "../errors.ts";
import { Mask } from "../mask.ts";
import type { MimeBundle } from "../model.ts";
import { maskOutput } from "../step/mask-output.ts";
import { refuseSecret, refuseSecretTable } from "../step/secrets.ts";
import { skipReason } from "../step/skip.ts";
import { closeDuckdb, openAhead } from "../step/duckdb.ts";
import { keepDuckdb } from "../step/duckdb-api.ts";
import { type Host, setHost, type StagedEffect } from "../step/host.ts";
import { isPending, settlePending } from "../step/pending.ts";
import { atHand, take, watching } from "./at-hand.ts";
import { defineGlobals } from "./bundle-globals.ts";
import { ChanceWatch } from "./chance.ts";
import { hear, tell } from "./channel.ts";
import { Inputs } from "./inputs.ts";
import { makeHost } from "./make-host.ts";
import { baseline, type Baseline, unmarked } from "./marks.ts";
import { cutText, drained, guardExit, idleText, refuseExitCode } from "./module-end.ts";
import { Noting } from "./noting.ts";
import { observe } from "./observe.ts";
import { printAtOnce } from "./print-at-once.ts";
import { type DoneMessage, firstModule, type Job, type Message, outsideWord, tablesWord } from "./protocol.ts";
import { storeResults } from "./results.ts";
import { failureOfStep } from "./stack.ts";

/**
 * A step's process. It is started ahead of need, waits for its job, runs the bundle as a plain
 * module, stores what that exports in the staging folder and tells the runner. With `isolation: "shared"` it then waits for
 * another, if the step has left no mark on it.
 */

const exit = process.exit.bind(process);
// As it is before it is watched.
const { argv } = process;
let left = false;

/** Says the last word and leaves. */
function end(message: Message, code: number): void {
  if (left) return;
  left = true;
  send(message);
  if (message.type === "done") keepCode();
  exit(code);
}

function send(message: Message): void {
  try {
    tell(message);
  } catch (error) {
    // The runner is gone, and the guard is about to end this process.
    if ((error as NodeJS.ErrnoException).code !== "EPIPE") throw error;
  }
}

function fails(failure: Failure): void {
  end({ type: "failed", failure: mask.data(failure) }, 1);
}

/** What is never told: secrets, and the values of variables that are named like one. */
const mask = new Mask();
mask.addEnvironment(process.env);
let flushOutput: (() => void) | undefined;

function maskOwnOutput(): void {
  flushOutput ??= maskOutput(mask);
}

// What CommonJS gives to a main script is not a door for the step.
process.mainModule = undefined;

/** The process as it was before its first step, where it takes several. */
let before: Baseline | undefined;
let taken = 0;
/** After so many steps a process is replaced: what each leaves in memory ends with it. */
const mostSteps = 200;

/** Keeps what V8 has compiled by then, once: after a step, since the code that serves it is most of what matters. */
let keepCode = () => {};

/**
 * Waits for steps.
 * @param keep keeps the compiled code of this script
 */
export function start(keep: () => void): void {
  printAtOnce();
  keepCode = () => {
    keepCode = () => {};
    keep();
    keepDuckdb();
  };
  // The step's arguments are those of a plain script: none.
  void getReady(argv.splice(2)).then(next);
}

/** All that can be done ahead of need: no step waits for it. What is looked up meanwhile is not a read of a step's. */
async function getReady(words: readonly string[]): Promise<void> {
  // Node makes its loader of modules at the first use of it, in parts: of files, of source maps. A DuckDB that cannot be loaded is missed by the step that needs it.
  const { href } = pathToFileURL(path.join(import.meta.dirname, firstModule.file));
  const saysMain = (import(href) as Promise<{ main?: boolean }>).then(
    ({ main }) => main !== undefined,
    () => false,
  );
  const [knowsMain] = await Promise.all([saysMain, words.includes(tablesWord) ? openAhead() : undefined]);
  defineGlobals(knowsMain);
  observe(watching);
  if (words.includes(outsideWord)) await watchOutside();
}

/** Waits for a step, and runs it. */
function next(): void {
  const job = hear() as Job | undefined;
  if (job) void work(job);
}

async function work(job: Job): Promise<void> {
  if (!mask.isEmpty) maskOwnOutput();
  const fail = (error: unknown) => {
    const reason = skipReason(error);
    if (reason === undefined) fails(failureOfStep(job, toFailure(error, "E_STEP_THREW"), error));
    else end({ type: "skipped", reason: mask.text(reason) }, 0);
  };
  process.on("uncaughtException", fail);
  process.on("unhandledRejection", fail);
  let done: DoneMessage;
  try {
    done = await runStep(job);
  } catch (error) {
    return fail(error);
  }
  if (job.mark === null || !reusable()) return end(done, 0);
  process.off("uncaughtException", fail).off("unhandledRejection", fail);
  flushOutput?.();
  for (const fd of [1, 2]) writeSync(fd, job.mark);
  send({ ...done, again: true });
  keepCode();
  take(undefined);
  next();
}

/** Whether the step has left this process as it found it. */
function reusable(): boolean {
  return before !== undefined && taken < mostSteps && atHand().notes.leavesNothing && unmarked(before);
}

async function runStep(job: Job): Promise<DoneMessage> {
  const effects: StagedEffect[] = [];
  const displays: MimeBundle[] = [];
  const notes = new Noting(job, import.meta.dirname, send);
  const host = makeHost(job, { effects, displays }, { notes, mask, send, maskOwnOutput });
  setHost(host);
  const inputs = new Inputs(job.inputs);
  // What DuckDB looks up while it loads (the C library, the executable) is not a read of the step's.
  if (job.tables) await openAhead();
  if (job.outside) await allowOutside(job.project);
  await settlePending(host);
  if (taken++ === 0 && job.mark !== null) before = baseline();
  take({ job, notes, inputs });
  // The step is the script that runs: many ask, before they do their work.
  argv.splice(1, Infinity, path.join(job.project, job.file));
  const leaveAtOnce = () => {
    const rows = effects.filter((effect) => effect.kind === "record");
    if (job.exports.length + displays.length > 0 || rows.length < effects.length || isPending(host)) return;
    inputs.assertUnchanged(job.step);
    notes.finish();
    end({ type: "done", artifacts: {}, displays: [], effects: rows, notReproducible: chance.verdict({}) }, 0);
  };
  guardExit(job.step, leaveAtOnce, (failure, error) => fails(failureOfStep(job, failure, error)));
  const chance = new ChanceWatch(job.bundle);
  if (job.duckdb) notes.opaque("native", "@duckdb/node-api");

  const module = await runModule(job, host);
  // A script that leaves nothing but what it does is not done before that is.
  const untilDone = job.unawaited || job.exports.length + displays.length + effects.length === 0;
  await ended(job.step, untilDone, notes);
  await settlePending(host);

  const exported = Object.fromEntries(job.exports.filter((name) => name in module).map((name) => [name, module[name]]));
  await refuseSecrets(host, exported, effects);
  const results = await storeResults(exported, displays, effects, job);
  inputs.assertUnchanged(job.step);
  notes.finish();
  chance.end();
  if (job.mark !== null) await closeDuckdb(host);
  return { type: "done", ...results, notReproducible: chance.verdict(exported) };
}

async function runModule(job: Job, host: Host): Promise<Record<string, unknown>> {
  const unsettled = () =>
    fails({
      code: "E_STEP_UNSETTLED",
      message: `${job.step} awaits something that never settles: nothing is left that could settle it`,
      step: job.step,
      remedy: "look for an await of a promise whose resolve is never called",
    });
  process.once("beforeExit", unsettled);
  const module = (await import(fresh(job.bundle))) as Record<string, unknown>;
  // A display or a check that was not awaited belongs to the step all the same.
  await settlePending(host);
  process.off("beforeExit", unsettled);
  return module;
}

async function refuseSecrets(host: Host, exported: Record<string, unknown>, effects: readonly StagedEffect[]): Promise<void> {
  for (const [name, value] of Object.entries(exported)) {
    refuseSecret(host, value, name);
    await refuseSecretTable(host, value, name);
  }
  for (const effect of effects) if (effect.kind === "table") await refuseSecretTable(host, effect.rows, `mirrorTable("${effect.table}")`);
}

let watched: Promise<void> | undefined;

function watchOutside(): Promise<void> {
  return (watched ??= import("./observe-outside.ts").then(({ observeOutside }) => observeOutside(watching)));
}

let allowed = false;

async function allowOutside(project: string): Promise<void> {
  await watchOutside();
  if (!allowed) runForksAsAlone(project);
  allowed = true;
}

/** A script in TypeScript that the step forks is run by what runs the step alone: the project's tsx. */
function runForksAsAlone(project: string): void {
  try {
    process.execArgv = ["--import", pathToFileURL(createRequire(path.join(project, "package.json")).resolve("tsx")).href];
  } catch {
    // None is installed: Node takes what it can.
  }
}

/** Its module is made anew for each step that runs it: a retry in the same process, too. */
function fresh(bundle: string): string {
  const { href } = pathToFileURL(bundle);
  return taken === 1 ? href : `${href}?${taken}`;
}

/** Waits for the end of what the module did not await. What it leaves is stored after that, since that may still change it. */
async function ended(step: string, untilDone: boolean, notes: Noting): Promise<void> {
  const warn = (message: string) => send({ type: "event", event: { type: "warning", message } });
  const open = await drained(untilDone, (idle) => warn(idleText(idle)));
  refuseExitCode(step);
  if (open === undefined) return;
  // Whether all was done is not known: it is done anew next time.
  notes.opaque("open", open);
  warn(cutText(open));
}
