import fc from "fast-check";
import { expect, test } from "vitest";
import { frame, unframe } from "../../src/execute/channel.ts";

/** What is heard of these messages, in pieces of so many bytes. */
function heard(messages: readonly unknown[], piece: number): unknown[] {
  const found: unknown[] = [];
  const take = unframe((message) => found.push(message));
  const all = Buffer.concat(messages.map(frame));
  for (let at = 0; at < all.length; at += piece) take(all.subarray(at, at + piece));
  return found;
}

const anything = fc.anything({
  withBigInt: true,
  withDate: true,
  withMap: true,
  withSet: true,
  withTypedArray: true,
  withSparseArray: true,
});

test("any message comes through as it is, in pieces of any length", () => {
  fc.assert(
    fc.property(
      fc.array(fc.record({ type: fc.constantFrom("done", "event", "path"), what: anything }), { maxLength: 5 }),
      fc.integer({ min: 1, max: 100 }),
      (messages, piece) => {
        expect(heard(messages, piece)).toEqual(messages);
      },
    ),
  );
});

test("numbers that JSON has no words for, and circles, come through too", () => {
  const circle: Record<string, unknown> = { type: "event" };
  circle["self"] = circle;
  const [numbers, again] = heard([{ type: "done", row: { a: NaN, b: -0, c: -Infinity, d: 2n ** 70n } }, circle], 7) as [
    { row: object },
    { self: unknown },
  ];
  expect(numbers.row).toEqual({ a: NaN, b: -0, c: -Infinity, d: 2n ** 70n });
  expect(again.self).toBe(again);
});

test("what is not a message is noise", () => {
  const take = (body: Buffer) => {
    const found: unknown[] = [];
    const length = Buffer.alloc(4);
    length.writeUInt32LE(body.length);
    unframe((message) => found.push(message))(Buffer.concat([length, body]));
    return found;
  };
  for (const body of ["", "\0", "\0null", "\0{", "\x01", "\x02", "x"])
    expect(take(Buffer.from(body)), JSON.stringify(body)).toEqual([{ type: "noise" }]);
});
