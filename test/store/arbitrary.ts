import fc from "fast-check";
import { arrayKinds } from "../../src/store/typed-arrays.ts";

const hardKeys = ["__proto__", "constructor", "$", "$$", "$map", "$bigint", "then", "length", "toString", "", "0", "-1", "a b", "\ud800"];
const hardNumbers = [0, -0, NaN, Infinity, -Infinity, 2 ** 53, -(2 ** 53), 5e-324, 1.7976931348623157e308, 0.1, 1e21];

const primitive = fc.oneof(
  fc.constantFrom(undefined, null, true, false, ...hardNumbers),
  fc.double(),
  fc.integer(),
  fc.bigInt(),
  fc.string({ unit: "binary" }),
  fc.constantFrom("", "\ud800", "\u2028", "'\"\\\n", '{"$":"NaN"}'),
);

const date = fc.oneof(
  fc.date({ noInvalidDate: false }),
  fc.constantFrom(new Date(NaN), new Date(8.64e15), new Date(-8.64e15), new Date(-1)),
);

const floats = fc.array(fc.oneof(fc.double(), fc.constantFrom(...hardNumbers)), { maxLength: 20 });
const binary = fc.oneof(
  ...(Object.keys(arrayKinds) as (keyof typeof arrayKinds)[]).map((kind) =>
    kind.startsWith("big")
      ? fc
          .array(fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }), { maxLength: 20 })
          .map((items) => Reflect.construct(arrayKinds[kind], [items]) as object)
      : floats.map((items) => Reflect.construct(arrayKinds[kind], [items]) as object),
  ),
  fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes) as object),
  fc.uint8Array({ maxLength: 20 }).map((bytes) => new Uint8Array(bytes).buffer as object),
  fc.integer({ min: 500, max: 2000 }).map((length) => new Float64Array(length).map((_, index) => index / 7) as object),
  fc.integer({ min: 4090, max: 4110 }).map((length) => new Uint8Array(length).fill(7) as object),
);

const key = fc.oneof(fc.constantFrom(...hardKeys), fc.string({ unit: "binary", maxLength: 5 }));

function define(target: object, entries: readonly (readonly [string, unknown])[]): object {
  for (const [name, value] of entries) Object.defineProperty(target, name, { value, enumerable: true, writable: true, configurable: true });
  return target;
}

/** Any value that an export may have. */
export const storable: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => {
  const value = tie("value");
  const entries = fc.array(fc.tuple(key, value), { maxLength: 5 });
  return {
    value: fc.oneof(
      { maxDepth: 5, depthSize: "small" },
      primitive,
      date,
      binary,
      fc.array(value, { maxLength: 5 }),
      fc.sparseArray(value, { maxLength: 12, noTrailingHole: false }),
      entries.map((each) => define({}, each)),
      entries.map((each) => define(Object.create(null) as object, each)),
      fc.array(fc.tuple(value, value), { maxLength: 4 }).map((each) => new Map(each)),
      fc.array(value, { maxLength: 4 }).map((each) => new Set(each)),
    ),
  };
}).value;
