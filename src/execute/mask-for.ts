import { Mask } from "../mask.ts";
import type { Graph } from "../model.ts";

/**
 * What the runner masks from the start: values of variables that are named like secrets, and those that steps are seen
 * to read by `secret("NAME")`. Any other its step tells when it reads it, which may come after what it prints.
 */
export function maskFor(graph: Pick<Graph, "steps">): Mask {
  return maskOf(secretNames(graph));
}

/** Names of the variables that steps are seen to read by `secret("NAME")`. */
export function secretNames({ steps }: Pick<Graph, "steps">): string[] {
  const reading = steps.filter(({ uses }) => uses.includes("secret"));
  return reading.flatMap(({ code }) => [...code.text.matchAll(/secret\d*\(\s*["'`](\w+)["'`]\s*\)/g)].map(([, name]) => name!));
}

export function maskOf(names: readonly string[]): Mask {
  const mask = new Mask();
  mask.addEnvironment(process.env);
  for (const name of names) mask.add(name, process.env[name] ?? "");
  return mask;
}
