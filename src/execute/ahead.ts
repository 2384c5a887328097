import { readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { stepPattern } from "../graph/discover.ts";
import { mayReachOutside } from "../graph/outside.ts";
import { tableFunctions } from "./coming.ts";
import { type Kind, ProcessPool } from "./pool.ts";
import { findRuntime } from "./runtime.ts";

/** Processes for the first steps: they start while the graph is read. Which steps these are, and what they want, is guessed; a wrong guess only costs time. */
export async function startAhead(project: string, jobs: number): Promise<ProcessPool> {
  const { child } = await findRuntime();
  const pool = new ProcessPool(child, project);
  const [first, ...others] = firstTexts(project, jobs);
  // One that waits for another step starts later; until then its process would take time from the first.
  if (first !== undefined) pool.prepare([first, ...others.filter((text) => !importsStep.test(text))].map(guess));
  return pool;
}

const importsStep = /\bfrom\s*["']\.\/\d+[_-]/;
const imports = /\b(?:from|import)\s*["']([^"']+)["']/g;

function firstTexts(project: string, count: number): string[] {
  const folder = path.join(project, "steps");
  try {
    const steps = readdirSync(folder).filter((file) => stepPattern.test(file));
    const first = steps.sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10)).slice(0, count);
    return first.map((file) => readFileSync(path.join(folder, file), "utf8"));
  } catch {
    // Whoever reads the graph will say what is wrong with them.
    return [];
  }
}

function guess(text: string): Kind {
  const words = new Set(text.match(/\w+/g));
  const specifiers = [...text.matchAll(imports)].map(([, specifier]) => specifier!);
  return {
    tables: words.has("stepbook") && [...tableFunctions].some((name) => words.has(name)),
    // Who knows what a helper imports?
    outside: mayReachOutside(
      text,
      specifiers.filter((specifier) => specifier !== "stepbook"),
    ),
  };
}
