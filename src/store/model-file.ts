import { fail } from "../errors.ts";
import { readTagged } from "./codec-read.ts";
import type { Source } from "./codec.ts";
import { TagWriter } from "./codec-write.ts";
import { valueText } from "./value-text.ts";

/** Version of the form; docs/formats.md describes it. */
const modelFormat = "stepbook-model/1";

/** A saved model as its file holds it. */
export interface ModelFile {
  readonly name: string;
  readonly version: number;
  /** What the model is, for people: metrics, params, limits. */
  readonly card: Readonly<Record<string, unknown>>;
  /** What it was made of: run, step, digests. */
  readonly provenance: Readonly<Record<string, unknown>>;
  /** What it is made of: plain data and typed arrays. */
  readonly parts: unknown;
}

/** A model whose card and parts lie in the store. */
interface StoredModel extends Pick<ModelFile, "name" | "version" | "provenance"> {
  readonly card: Source;
  readonly parts: Source;
}

/**
 * The model as one readable JSON document, with the value codec's tags and all arrays in it; one line a part, so that a diff of
 * two models says which changed. In small pieces, for a loop that is not to be held.
 * @throws E_DECODE where parts or card are not stored values
 */
export function* modelText({ name, version, provenance, card, parts }: StoredModel): Generator<Uint8Array> {
  yield Buffer.from(`{\n"format": "${modelFormat}",\n"name": ${JSON.stringify(name)},\n"version": ${version},\n"card": `);
  yield* valueText(card, false);
  const writer = new TagWriter(Infinity);
  writer.text(',\n"provenance": ');
  writer.value(provenance, "provenance");
  writer.text(',\n"parts": ');
  yield* writer.chunks();
  yield* valueText(parts, true);
  yield Buffer.from("\n}\n");
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

/** @param file how the file is called in errors. @throws E_DECODE for anything but a model of this form */
export function decodeModel(bytes: Uint8Array, file: string): ModelFile {
  const document = parse(bytes, file);
  const { format, name, version, card, provenance, parts } = document;
  if (format !== modelFormat) bad(file, `its format is ${JSON.stringify(format)}, where ${modelFormat} is known`);
  if (typeof name !== "string" || !Number.isSafeInteger(version) || !isPlain(card) || !isPlain(provenance) || parts === undefined)
    bad(file, "name, version, card, provenance or parts is missing");
  const none = { size: 0, read: () => bad(file, "an array that is not in it") };
  return {
    name,
    version: version as number,
    card: readTagged(card, none) as ModelFile["card"],
    provenance: readTagged(provenance, none) as ModelFile["provenance"],
    parts: readTagged(parts, none),
  };
}

function parse(bytes: Uint8Array, file: string): Record<string, unknown> {
  const document = parseJson(bytes, file);
  return isPlain(document) ? document : bad(file, "it is not a JSON object");
}

function parseJson(bytes: Uint8Array, file: string): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (thrown) {
    return bad(file, thrown instanceof SyntaxError ? `it is not JSON: ${thrown.message}` : "it is not UTF-8", thrown);
  }
}

function bad(file: string, what: string, cause?: unknown): never {
  return fail(
    "E_DECODE",
    `${file} is not a model: ${what}`,
    { place: { file }, remedy: "save the model again, or restore the file" },
    cause,
  );
}
