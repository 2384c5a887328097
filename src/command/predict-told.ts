import { cleanLine } from "../report/clean.ts";
import { countOf, formatNumber } from "../report/format.ts";
import { cut } from "../report/width.ts";
import type { Io } from "./io.ts";
import type { Prediction } from "./predict.ts";

/** So that an answer to a row that was half given does not pass for one to a whole row. */
export function sayExamples({ stderr }: Io, examples: Prediction["examples"]): void {
  const all = Object.entries(examples).map(([name, value]) => `${name} = ${typeof value === "number" ? formatNumber(value) : value}`);
  if (all.length === 0) return;
  const text = `${countOf(all.length, "input")} ${all.length === 1 ? "is the model's example" : "are the model's examples"}: ${all.join(", ")}`;
  stderr.write(`${cut(cleanLine(text), stderr.isTTY ? stderr.columns || 80 : Infinity)}\n`);
}

/** What was given, and what stood for the rest, beside the fields of the answer, if it has some. */
export function withInputs(answer: unknown, more: Omit<Prediction, "answer">): unknown {
  return typeof answer === "object" && answer !== null && !Array.isArray(answer) ? { ...answer, ...more, ...answer } : answer;
}
