import { fail } from "../errors.ts";
import { nearest } from "../nearest.ts";
import type { PredictInput } from "./predict.ts";

/** Input → value, as a model has them. */
export type Row = Readonly<Record<string, string | number | boolean>>;

/** `radius_mean=14.1 texture_mean=19` as input → text. @throws E_USAGE */
export function readWords(words: readonly string[]): Record<string, string> {
  const values = new Map<string, string>();
  for (const [index, word] of words.entries()) {
    const [, name = "", value = ""] =
      /^([^=]+)=(.*)$/s.exec(word) ??
      fail("E_USAGE", `"${word}" gives no input a value`, { remedy: `write it as ${meant(word, words[index + 1])}` });
    if (values.has(name))
      fail("E_USAGE", `${name} is given twice: ${values.get(name)} and ${value}`, { remedy: "leave out one of the two" });
    values.set(name, value);
  }
  return Object.fromEntries(values);
}

function meant(word: string, next = "="): string {
  return word.startsWith("=") ? `name${word}` : `${word}=${next.includes("=") ? "value" : next}`;
}

/** @throws E_USAGE, E_PARAM_VALUE */
export function readRow(inputs: readonly PredictInput[], given: Readonly<Record<string, string>>): Row {
  const unknown = Object.keys(given).find((name) => !inputs.some((each) => each.name === name));
  if (unknown !== undefined)
    fail("E_USAGE", `the model takes no "${unknown}"`, {
      remedy: nearest(
        unknown,
        inputs.map(({ name }) => name),
      ),
    });
  return Object.fromEntries(
    inputs.map((input) => [input.name, Object.hasOwn(given, input.name) ? readValue(input, given[input.name]!) : input.example]),
  );
}

function readValue({ name, example, min, max, choices }: PredictInput, text: string): Row[string] {
  const wrong = (what: string): never => fail("E_PARAM_VALUE", `${name} is "${text}", which is ${what}`, { remedy: `such as ${example}` });
  if (choices && !choices.map(String).includes(text)) wrong(`none of ${choices.join(", ")}`);
  if (typeof example === "boolean") return text === "true" || (text !== "false" && wrong("neither true nor false"));
  if (typeof example === "string") return text;
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value)) wrong("not a number");
  if ((min !== undefined && value < min) || (max !== undefined && value > max)) wrong(`not from ${min ?? "…"} to ${max ?? "…"}`);
  return value;
}
