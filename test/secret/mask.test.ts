import fc from "fast-check";
import { expect, test } from "vitest";
import { Mask } from "../../src/mask.ts";

const secretText = fc
  .string({ minLength: 4, maxLength: 40, unit: "grapheme" })
  .filter((text) => text.trim().length >= 4 && !"***".includes(text));

/** Cuts bytes at any places. */
function pieces(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const at = [...new Set([0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])].sort((a, b) => a - b);
  return at.slice(1).map((end, i) => bytes.subarray(at[i], end));
}

test("however bytes are cut, what comes out is what comes out of the whole, and holds no secret", () => {
  fc.assert(
    fc.property(
      fc.array(secretText, { minLength: 1, maxLength: 3 }),
      fc.array(fc.string({ unit: "grapheme" }), { maxLength: 6 }),
      fc.array(fc.nat(), { maxLength: 12 }),
      (secrets, around, cuts) => {
        const mask = new Mask();
        secrets.forEach((secret, i) => mask.add(`S${i}`, secret));
        const text = around.flatMap((words, i) => [words, secrets[i % secrets.length]!]).join("");
        const stream = mask.stream();
        const out = Buffer.concat([...pieces(Buffer.from(text), cuts).map((piece) => stream.push(piece)), stream.end()]).toString();
        expect(out).toBe(mask.text(Buffer.from(text).toString()));
        for (const secret of secrets) if (!secret.includes("*")) expect(out.includes(secret)).toBe(false);
      },
    ),
  );
});

test("without secrets bytes pass as they are", () => {
  const chunk = Buffer.from([0, 255, 10]);
  expect(new Mask().stream().push(chunk)).toBe(chunk);
});

test("in what the user gave nothing is kept for its form or its name, nor for being written in HTML", () => {
  const mask = new Mask();
  const [hex, sas] = ["0123456789abcdef".repeat(4), "sig=a&b<c>'d\"e"];
  mask.add("HEX", hex);
  mask.add("SAS", sas);
  const event = {
    type: "run.started",
    run: "r",
    params: { code: sas, token: hex },
    bundle: { "application/json": { id: hex }, "text/html": "<td>sig=a&#38;b&#60;c&#62;&#39;d&#34;e</td>" },
    digest: hex,
  };
  expect(mask.data(event)).toEqual({
    type: "run.started",
    run: "r",
    params: { code: "***", token: "***" },
    bundle: { "application/json": { id: "***" }, "text/html": "<td>***</td>" },
    digest: hex,
  });
  expect(mask.given({ status: [hex] })).toEqual({ status: ["***"] });
});

test("data keeps what names the engine's things", () => {
  const mask = new Mask();
  mask.add("S", "2026");
  const digest = "2026".padEnd(64, "0");
  expect(mask.data({ run: "20261122-1", digest, message: "in 2026", list: [{ "2026": 1n }], when: null })).toEqual({
    run: "20261122-1",
    digest,
    message: "in ***",
    list: [{ "***": 1n }],
    when: null,
  });
});
