import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { exitCodes, fail, StepbookError } from "../errors.ts";
import { attempt } from "../execute/attempt.ts";
import { bundleFolder } from "../execute/bundles.ts";
import { Cancellation } from "../execute/cancel.ts";
import { filed } from "../execute/filed.ts";
import { StepLog } from "../execute/logs.ts";
import { maskFor } from "../execute/mask-for.ts";
import { ProcessPool } from "../execute/pool.ts";
import { Notes } from "../execute/notes.ts";
import type { Job } from "../execute/protocol.ts";
import { findRuntime } from "../execute/runtime.ts";
import { defaultConfig } from "../graph/settings.ts";
import type { Step } from "../model.ts";
import { nearest } from "../nearest.ts";
import { modelPath } from "../record/publish.ts";
import { listAliases, versionsOf } from "../record/aliases.ts";
import { splitAlias } from "../store/alias-file.ts";
import { readArtifact } from "../store/artifacts.ts";
import { decodeModel, type ModelFile } from "../store/model-file.ts";
import { type Io, print, printJson } from "./io.ts";
import { withKept } from "./opened.ts";
import { plain } from "./plain.ts";
import { predictBundle } from "./predict-bundle.ts";
import { readRow, readWords, type Row } from "./predict-row.ts";
import { sayExamples, withInputs } from "./predict-told.ts";
import { inspect } from "node:util";

/** What a model is asked for: a field of the form. */
export interface PredictInput {
  readonly name: string;
  readonly example: string | number | boolean;
  readonly doc?: string;
  readonly min?: number;
  readonly max?: number;
  readonly choices?: readonly (string | number)[];
}

/** What a model answered, and to what. */
export interface Prediction {
  readonly answer: unknown;
  /** Those that were given, as the model had them. */
  readonly inputs: Row;
  /** Of the others the examples, which stood for them. */
  readonly examples: Row;
}

const mostTime = 30_000;

/** `predict breast-cancer@production radius_mean=14.1 …`: asks a saved model. Inputs that are left out have their example. */
export async function predict(io: Io, words: string, given: readonly string[]): Promise<number> {
  return withKept(io, async ({ db, project }) => {
    const { model: name, alias } = splitAlias(words);
    const newest = () =>
      (db.prepare("SELECT max(version) FROM models WHERE name = ?").pluck().get(name) as number | null) ??
      fail("E_NOT_FOUND", `there is no model "${name}"`, {
        remedy: nearest(name, db.prepare("SELECT DISTINCT name FROM models ORDER BY name").pluck().all() as string[]),
      });
    const aliased = () =>
      listAliases(project).find((each) => each.model === name && each.alias === alias)?.version ??
      fail("E_NOT_FOUND", `model ${name} has no alias ${alias}`, { remedy: `set it: models alias ${words} v${newest()}` });
    const { answer, inputs, examples } = await predictOnce(project, name, alias === undefined ? newest() : aliased(), readWords(given));
    sayExamples(io, examples);
    if (io.json) printJson(io, withInputs(plain(answer), { inputs, examples }));
    else print(io, inspect(answer, { depth: 6 }));
    return exitCodes.done;
  });
}

/**
 * What the model's card says of its inputs: `inputs: { radius_mean: 14.1 }`, or `{ example, doc, min, max, choices }`
 * each. Undefined where it names no module to predict with.
 */
export function predictInputs(card: Readonly<Record<string, unknown>>): readonly PredictInput[] | undefined {
  const { predict: module, inputs } = card;
  if (typeof module !== "string" || typeof inputs !== "object" || inputs === null) return undefined;
  return Object.entries(inputs).flatMap(([name, value]: [string, unknown]): PredictInput[] => {
    const told = (typeof value === "object" && value !== null ? value : { example: value }) as Omit<PredictInput, "name">;
    return ["string", "number", "boolean"].includes(typeof told.example) ? [{ ...told, name }] : [];
  });
}

/**
 * Asks a version of a model, in a process of its own: a step that is thrown away. The module that its card names exports
 * `predict(parts, row)`.
 * @param given input → text, as a form or a command line has it
 */
export async function predictOnce(
  project: string,
  name: string,
  version: number,
  given: Readonly<Record<string, string>>,
): Promise<Prediction> {
  const card = readModel(project, name, version).card;
  const module = card["predict"];
  const inputs = predictInputs(card);
  if (!inputs || typeof module !== "string")
    return fail("E_NOT_FOUND", `model ${name} v${version} does not say how it predicts`, {
      remedy: 'give its card predict: "lib/predict.ts" and inputs: { name: example }',
    });
  const row = readRow(inputs, given);
  const part = (isGiven: boolean) => Object.fromEntries(Object.entries(row).filter(([input]) => Object.hasOwn(given, input) === isGiven));
  return {
    answer: await execute(project, await predictBundle(project, module, { name, version, row })),
    inputs: part(true),
    examples: part(false),
  };
}

function readModel(project: string, name: string, version: number): ModelFile {
  const file = modelPath(name, version);
  if (!existsSync(path.join(project, file))) {
    const versions = existsSync(path.join(project, "models", name)) ? versionsOf(project, name) : [];
    fail("E_NOT_FOUND", `model ${name} has no version ${version}: ${file} is not there`, {
      remedy: `there is ${versions.join(", ") || "none"}; one that was saved and is gone is put back by the next run`,
    });
  }
  return decodeModel(readFileSync(path.join(project, file)), file);
}

async function execute(project: string, bundle: string): Promise<unknown> {
  const folder = mkdtempSync(path.join(tmpdir(), "stepbook-predict-"));
  // Beside the steps' bundles: from there Node finds the project's packages.
  const file = path.join(bundleFolder(project), `predict.${createHash("sha256").update(folder).digest("hex").slice(0, 16)}.mjs`);
  const { child } = await findRuntime();
  const pool = new ProcessPool(child, project);
  const log = new StepLog(folder, "predict", step.id, 1, maskFor({ steps: [step] }));
  try {
    writeFileSync(file, bundle);
    const outcome = await attempt(
      step,
      jobOf(project, folder, file),
      { pool, log, emit: () => {}, cancel: new Cancellation(), notes: new Notes() },
      async (left) => filed(left, folder),
    );
    if (outcome.kind === "failed") throw new StepbookError(outcome.failure);
    if (outcome.kind !== "done") return fail("E_STEP_THREW", "the model gave no answer");
    const { artifact, file: stored } = outcome.taken.artifacts["answer"]!;
    return readArtifact(artifact, stored, "answer");
  } finally {
    pool.close();
    await log.close();
    rmSync(file, { force: true });
    rmSync(folder, { recursive: true, force: true });
  }
}

const step: Step = {
  id: "1_predict",
  number: 1,
  name: "predict",
  file: "predict",
  code: { text: "", map: "", digest: "", parts: {}, sources: {} },
  edges: [],
  exports: ["answer"],
  offers: ["answer"],
  packages: [],
  config: { ...defaultConfig, timeout: mostTime },
  params: [],
  openParams: false,
  uses: ["loadModel"],
  outside: true,
  unawaited: false,
  unwired: true,
};

function jobOf(project: string, folder: string, bundle: string): Job {
  const now = new Date().toISOString();
  return {
    project,
    step: step.id,
    file: step.file,
    bundle,
    inputs: {},
    exports: step.exports,
    packages: [],
    duckdb: false,
    params: {},
    tables: false,
    outside: step.outside,
    unawaited: step.unawaited,
    run: { id: "predict", trigger: "manual", logicalDate: now, startedAt: now },
    staging: folder,
    kept: folder,
    memory: null,
    threads: 1,
    mark: null,
  };
}
