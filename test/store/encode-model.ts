import { encodeValue, type Source } from "../../src/store/codec.ts";
import { type ModelFile, modelText } from "../../src/store/model-file.ts";

/** A model's file as the runner makes it: of its stored card and parts. */
export function encodeModel({ card, parts, ...rest }: ModelFile): Uint8Array {
  return Buffer.concat([...modelText({ ...rest, card: stored(card), parts: stored(parts) })]);
}

function stored(value: unknown): Source {
  const bytes = Buffer.concat(encodeValue(value));
  return { size: bytes.length, read: (at, length) => new Uint8Array(bytes.subarray(at, at + length)) };
}
