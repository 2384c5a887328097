import type { RunOptions } from "../config.ts";
import { logicalInstant } from "../dates.ts";
import { knowledge, type Opened, planProject } from "../engine.ts";
import { exitCodes, fail } from "../errors.ts";
import type { Cancellation } from "../execute/cancel.ts";
import { findStep, selectSteps } from "../graph/select.ts";
import type { Artifact, Reason, RunInfo, Step, StepId } from "../model.ts";
import { checkParams } from "../params.ts";
import { decide, type Knowledge } from "../plan/decide.ts";
import { inputDigests } from "../plan/plan.ts";
import { currentRecord, runById } from "../record/lookup.ts";
import type { KeptRecord } from "../record/records.ts";
import { cancellable } from "./cancellable.ts";
import type { Comparison } from "./compare-artifacts.ts";
import { compareOutputs } from "./compare-outputs.ts";
import { executeApart } from "./execute-apart.ts";
import { type Io, printJson, printTable, readRunOptions, type RunFlags, say } from "./io.ts";
import { locked } from "./locked.ts";
import { withProject } from "./opened.ts";
import { withReader } from "./reader.ts";

type Artifacts = ReadonlyMap<StepId, Readonly<Record<string, Artifact>>>;

/** `verify`: executes a step again, apart, on the inputs, params and environment of now, and compares what it leaves. */
export async function verify(io: Io, word: string, flags: RunFlags): Promise<number> {
  const options = readRunOptions(io, [word], flags);
  return cancellable((cancellation) =>
    withProject(io, async (opened) => {
      checkParams(opened.graph, options.params);
      const step = findStep(opened.graph, word);
      // A run that goes on beside would write the files that the step writes.
      return locked(io, opened.db, cancellation, () => verifyStep(io, opened, step, options, cancellation));
    }),
  );
}

async function verifyStep(io: Io, opened: Opened, step: Step, options: RunOptions, cancellation: Cancellation): Promise<number> {
  const known = knowledge(opened, options.params, false, new Date());
  const artifacts = await inputArtifacts(opened, step, known);
  const { record, doubt } = await comparedRecord(opened, step, artifacts, known);
  const info = runInfo(opened, record, options.logicalDate);
  io.stderr.write(`executing ${step.id} again, apart from what is kept\n`);
  const compared = await executeApart(opened, { step, known, info, artifacts }, cancellation, (left, notes) =>
    withReader(opened.project, () => compareOutputs(opened, record, left, notes)),
  );
  return compared === undefined ? exitCodes.interrupt : tell(io, step, record, doubt, compared);
}

/** What the step imports, as it is reused now; of a step that always runs, as it stands. */
async function inputArtifacts(opened: Opened, step: Step, known: Knowledge): Promise<Artifacts> {
  const planned = await planProject(opened, selectSteps(opened.graph, [step.id]), known);
  const reused = new Map(planned.map(({ step: { id }, decision }) => [id, decision?.verdict === "reuse" ? decision.record : undefined]));
  const entries = step.edges.map(({ from, exports }): [StepId, Readonly<Record<string, Artifact>>] => {
    const { name } = opened.graph.steps.find((each) => each.id === from)!;
    const artifacts = (reused.get(from) ?? currentRecord(opened.db, name))?.artifacts ?? {};
    if (exports.every((each) => Object.hasOwn(artifacts, each))) return [from, artifacts];
    return fail("E_NOT_FOUND", `${step.id} imports ${from}, which has not run yet`, {
      remedy: `run ${step.id}: then there is something to compare with`,
    });
  });
  return new Map(entries);
}

/** Reasons that say that the record was made of something else than there is now. */
const otherwise: ReadonlySet<string> = new Set([
  "code-changed",
  "package-changed",
  "engine-changed",
  "input-changed",
  "param-changed",
  "env-changed",
  "file-changed",
]);

async function comparedRecord(
  { db, graph }: Opened,
  step: Step,
  artifacts: Artifacts,
  known: Knowledge,
): Promise<{ record: KeptRecord; doubt: Reason | null }> {
  const decision = await decide(step, inputDigests(graph, step, artifacts), known);
  if (decision.verdict === "reuse") return { record: decision.record, doubt: null };
  const [same] = known.recordsFor(step.name, decision.fingerprint().digest);
  const record = same ?? currentRecord(db, step.name);
  if (!record)
    return fail("E_NOT_FOUND", `${step.id} has not run yet`, { remedy: `run ${step.id}: then there is something to compare with` });
  return { record, doubt: otherwise.has(decision.reason.code) ? decision.reason : null };
}

/** The run of the record is an input of the step too. */
function runInfo({ db }: Opened, { run, finishedAt }: KeptRecord, logicalDate: string | null): RunInfo {
  const known = runById(db, run);
  const info = known ?? { id: run, trigger: "manual", logicalDate: finishedAt, startedAt: finishedAt };
  const { id, trigger, startedAt } = info;
  return { id, trigger, startedAt, logicalDate: logicalDate === null ? info.logicalDate : logicalInstant(logicalDate) };
}

function tell(io: Io, step: Step, record: KeptRecord, doubt: Reason | null, compared: readonly Comparison[]): number {
  const reproducible = compared.every(({ status }) => status === "same");
  if (io.json) {
    for (const each of compared) printJson(io, { type: "output", step: step.id, ...each });
    printJson(io, {
      type: "verified",
      step: step.id,
      reproducible,
      comparedWith: record.run,
      doubt,
      notReproducible: record.notReproducible ?? null,
    });
  } else {
    if (compared.length > 0)
      printTable(
        io,
        ["output", "", "where"],
        compared.map(({ name, status, hint }) => [name, status, hint]),
      );
    say(io, `${step.id} is ${reproducible ? "reproducible" : "not reproducible"}: compared with run ${record.run}`);
    if (doubt) say(io, `it is not what ran then: ${doubt.text}`);
    if (record.notReproducible) say(io, record.notReproducible);
  }
  return reproducible ? exitCodes.done : exitCodes.stepFailed;
}
