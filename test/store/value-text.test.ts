import { expect, test } from "vitest";
import { encodeValue, type Source } from "../../src/store/codec.ts";
import { TagWriter } from "../../src/store/codec-write.ts";
import { valueText } from "../../src/store/value-text.ts";

const source = (bytes: Uint8Array): Source => ({
  size: bytes.length,
  read: (at, length) => new Uint8Array(bytes.subarray(at, at + length)),
});
const stored = (value: unknown) => Buffer.concat(encodeValue(value));
const text = (bytes: Uint8Array) => Buffer.concat([...valueText(source(bytes), false)]).toString();

/** As the codec writes it with every array in the text. */
function inOneGo(value: unknown): string {
  const writer = new TagWriter(Infinity);
  writer.value(value, "value");
  return Buffer.concat(writer.chunks()).toString();
}

const large = new Float64Array(2000).map((_, index) => index / 7);

test("wherever a piece ends: in a tag, in an escape, in a string that looks like a tag", () => {
  for (let filler = (1 << 16) - 160; filler < (1 << 16) + 20; filler++) {
    const value = {
      filler: "x".repeat(filler),
      'a "\\': '\\"{"$float64":{"at":0,"length":9}}\\\\"',
      weights: large,
      more: [{ deep: new Int8Array(5000) }, Buffer.alloc(5000, 1)],
      end: "\\",
    };
    expect(text(stored(value)) === inOneGo(value), `${filler}`).toBe(true);
  }
});

test.each<[string, unknown]>([
  ["an array that is all there is", large],
  ["bytes that are all there is", new Uint8Array(70_000).buffer],
  [
    "large lists",
    [Array.from({ length: 50_000 }, (_, index) => [index, `${index}`, { index }]), new Map([[{ $at: 1 }, large]]), new BigInt64Array(1000)],
  ],
  ["text", '\n,"}'.repeat(50_000)],
  ["a number", 5],
  ["nothing", undefined],
])("%s", (_, value) => {
  expect(text(stored(value)) === inOneGo(value)).toBe(true);
});

test.each<[string, (bytes: Buffer) => Uint8Array]>([
  ["cut in its line", (bytes) => bytes.subarray(0, 100)],
  ["cut in its arrays", (bytes) => bytes.subarray(0, bytes.length - 1)],
  ["something else", () => Buffer.from('{"format":"other"}\n')],
  ["nothing at all", () => Buffer.alloc(0)],
])("%s is refused", (_, change) => {
  expect(() => text(change(stored({ a: "x".repeat(200), large })))).toThrow(/not a stored value/);
});
