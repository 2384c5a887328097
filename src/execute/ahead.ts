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
  const [first, ...others] = firstFiles(project, jobs).map((file) => ({ file, text: textOf(file) }));
  // One that waits for another step starts later; until then its process would take time from the first.
  if (first !== undefined) pool.prepare([first, ...others.filter(({ text }) => !importsStep.test(text))].map(guess));
  return pool;
}

const importsStep = /\bfrom\s*["']\.\/\d+[_-]/;
const imports = /\b(?:from|import)\s*["']([^"']+)["']/g;
const comments = /\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm;

function firstFiles(project: string, count: number): string[] {
  const folder = path.join(project, "steps");
  try {
    const steps = readdirSync(folder).filter((file) => stepPattern.test(file));
    const first = steps.sort((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10)).slice(0, count);
    return first.map((file) => path.join(folder, file));
  } catch {
    // Whoever reads the graph will say what is wrong with them.
    return [];
  }
}

function guess({ file, text }: { readonly file: string; readonly text: string }): Kind {
  const words = new Set(text.match(/\w+/g));
  return {
    tables: words.has("stepbook") && [...tableFunctions].some((name) => words.has(name)),
    outside: guessOutside(file, new Set(), text),
  };
}

/** So many files are looked into at most: the process is to start now. */
const mostFiles = 8;

/** Whether the script or one of its helpers may reach outside; so it may where that is not quickly seen. */
function guessOutside(file: string, seen: Set<string>, known?: string): boolean {
  if (seen.has(file)) return false;
  if (seen.add(file).size > mostFiles) return true;
  const text = known ?? textOf(file);
  const specifiers = [...text.matchAll(imports)].map(([, specifier]) => specifier!).filter((specifier) => specifier !== "stepbook");
  const helpers = specifiers.filter((specifier) => specifier.startsWith("."));
  const others = specifiers.filter((specifier) => !specifier.startsWith("."));
  if (text === "" || mayReachOutside(text.replace(imports, ""), others)) return true;
  return helpers.some((helper) => guessOutside(path.resolve(path.dirname(file), helper), seen));
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8").replace(comments, "");
  } catch {
    return "";
  }
}
