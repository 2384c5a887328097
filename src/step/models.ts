import { readdirSync, readFileSync } from "./quiet-fs.ts";
import path from "node:path";
import { commandIn } from "../command-name.ts";
import { fail } from "../errors.ts";
import { nearest } from "../nearest.ts";
import { encodeValue } from "../store/codec.ts";
import { readOnly } from "../store/freeze.ts";
import { aliasPath, decodeAlias, splitAlias } from "../store/alias-file.ts";
import { decodeModel } from "../store/model-file.ts";
import { here, noteFile } from "./here.ts";
import { type Encoded, type Host, perHost } from "./host.ts";

/** A model as it was saved. */
export interface LoadedModel<Parts = unknown> {
  readonly name: string;
  readonly version: number;
  readonly parts: Parts;
  readonly card: Readonly<Record<string, unknown>>;
  /** What it was made of: run, step, digests of its inputs. */
  readonly provenance: Readonly<Record<string, unknown>>;
}

const namePattern = /^[a-z0-9][a-z0-9._-]*$/i;

/**
 * Saves a model under `models/<name>/` when the step is done, as the next version; the same bytes again are the
 * version they were. A file of readable JSON, no code in it. What is saved is what it is now; of several that a step
 * saves under one name, the last one. Standalone it is shown and not saved.
 *
 * @param parts what the model is made of: plain data and typed arrays
 * @param card what it is, for people: metrics, params, what it is not for
 * @throws E_UNSTORABLE with the path inside parts or card; E_USAGE for inputs that `predict` could not be asked with
 * @example saveModel("diagnosis-knn", { projection, points, labels }, { accuracy, k, trained: "569 rows" });
 */
export function saveModel(name: string, parts: unknown, card: Readonly<Record<string, unknown>> = {}): void {
  if (!namePattern.test(name)) {
    fail("E_USAGE", `saveModel: "${name}" is not a model name`, { remedy: "use letters, digits, . _ and -, such as diagnosis-knn" });
  }
  if (parts === undefined)
    fail("E_UNSTORABLE", `saveModel("${name}"): its parts are undefined`, { remedy: "give the data that the model is made of" });
  checkInputs(name, card);
  const host = here();
  const saved = perHost(host, "models", () => new Set<string>());
  if (saved.has(name))
    host.emit({
      type: "warning",
      message: `saveModel("${name}") is called again: the last one is saved; give each a name of its own to keep them all`,
    });
  saved.add(name);
  host.emit({ type: "effect", effect: { kind: "model", name, parts: encoded(parts, "parts"), card: encoded({ ...card }, "card") } });
}

/** Inputs that `predict` and the model's page would pass over. */
function checkInputs(name: string, { predict, inputs }: Readonly<Record<string, unknown>>): void {
  if (typeof predict !== "string" || inputs === undefined) return;
  const remedy = "give input → example, or { example, doc, min, max, choices }: inputs: { radius: 14.1, age: { example: 60, min: 0 } }";
  if (typeof inputs !== "object" || inputs === null || Array.isArray(inputs))
    fail("E_USAGE", `saveModel("${name}"): card.inputs is not an object`, { remedy });
  for (const [input, told] of Object.entries(inputs as Record<string, unknown>)) {
    const example: unknown = typeof told === "object" && told !== null ? (told as { example?: unknown }).example : told;
    if (!["string", "number", "boolean"].includes(typeof example))
      fail("E_USAGE", `saveModel("${name}"): card.inputs.${input} has no example that is a number, a text or a boolean`, { remedy });
  }
}

/** Encoding does not copy larger typed arrays, so they are copied here. */
function encoded(value: unknown, name: string): Encoded {
  return { value, chunks: encodeValue(value, name).map((chunk) => chunk.slice()) };
}

/**
 * Loads a saved model, read-only. `name@alias` is the version that the alias stands for: the step runs again when that
 * is moved (`runner.ts models alias name@production v3`, or on the model's page).
 * @param version the highest where neither it nor an alias is given
 * @throws E_FILE where there is no such model, alias or version; E_DECODE where the file is not a model
 * @example const { parts, card } = await loadModel<Knn>("diagnosis-knn@production");
 */
export async function loadModel<Parts = unknown>(words: string, version?: number): Promise<LoadedModel<Parts>> {
  const host = here();
  const { model: name, alias } = splitAlias(words);
  if (!namePattern.test(name)) fail("E_FILE", `loadModel: "${name}" is not a model name`, { remedy: "use letters, digits, . _ and -" });
  if (alias !== undefined && version !== undefined)
    fail("E_USAGE", `loadModel("${words}", ${version}): an alias and a version`, { remedy: "give one of the two" });
  const chosen = alias === undefined ? (version ?? highest(host, name)) : standsFor(host, name, alias);
  const file = path.join(host.project, "models", name, `v${chosen}.json`);
  const model = decodeModel(read(host, name, chosen, file), `models/${name}/v${chosen}.json`);
  return readOnly({ ...model, parts: model.parts as Parts }, `model ${name}`);
}

function read(host: Host, name: string, version: number, file: string): Buffer {
  noteFile(host, "file", file);
  try {
    return readFileSync(file);
  } catch (thrown) {
    const known = versions(host, name);
    return fail(
      "E_FILE",
      `model ${name} has no version ${version}`,
      { remedy: known.length > 0 ? `there is ${known.map((each) => `v${each}`).join(", ")}` : missing(host, name) },
      thrown,
    );
  }
}

function standsFor(host: Host, name: string, alias: string): number {
  const file = aliasPath(name, alias);
  noteFile(host, "file", path.join(host.project, file));
  let text: string;
  try {
    text = readFileSync(path.join(host.project, file), "utf8");
  } catch (thrown) {
    return fail(
      "E_FILE",
      `model ${name} has no alias ${alias}`,
      { remedy: `set it: ${commandIn(host.project)} models alias ${name}@${alias} v1` },
      thrown,
    );
  }
  return decodeAlias(text, file).version;
}

function highest(host: Host, name: string): number {
  noteFile(host, "folder", path.join(host.project, "models", name));
  return versions(host, name).at(-1) ?? fail("E_FILE", `there is no model ${name}`, { remedy: missing(host, name) });
}

function versions(host: Host, name: string): number[] {
  const found = entries(path.join(host.project, "models", name)).map((entry) => /^v([1-9]\d*)\.json$/.exec(entry)?.[1]);
  return found
    .filter((each) => each !== undefined)
    .map(Number)
    .sort((a, b) => a - b);
}

function missing(host: Host, name: string): string {
  const saving = host.mode === "runner" ? lowerStepThatSaves(host, name) : undefined;
  if (saving !== undefined) return `${saving} saves it: import "./${saving}" here, so that it runs first`;
  return `models/: ${nearest(name, entries(path.join(host.project, "models")))}`;
}

/** A lower step whose text says that it saves the model. Without an import the two may run side by side. */
function lowerStepThatSaves({ project, step }: Host, name: string): string | undefined {
  const folder = path.join(project, "steps");
  const lower = entries(folder).filter(
    (file) => /^\d+_.*\.[cm]?[jt]sx?$/.test(file) && Number.parseInt(file, 10) < Number.parseInt(step, 10),
  );
  const calls = ['"', "'", "`"].map((quote) => `saveModel(${quote}${name}${quote}`);
  return lower.find((file) => {
    const text = readFileSync(path.join(folder, file), "utf8");
    return calls.some((call) => text.includes(call));
  });
}

function entries(folder: string): string[] {
  try {
    return readdirSync(folder).filter((entry) => !entry.startsWith(".") && !entry.includes("@"));
  } catch {
    return [];
  }
}
