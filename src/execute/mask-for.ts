import { Mask } from "../mask.ts";
import type { Graph } from "../model.ts";

/**
 * What the runner masks from the start: values of variables that are named like secrets, and those that steps are seen
 * to read by `secret("NAME")`. Any other is told by its step when it reads it, which may be later than what it prints.
 */
export function maskFor({ steps }: Pick<Graph, "steps">): Mask {
  const mask = new Mask();
  mask.addEnvironment(process.env);
  for (const { uses, code } of steps) {
    if (!uses.includes("secret")) continue;
    for (const [, name] of code.text.matchAll(/secret\d*\(\s*["'`](\w+)["'`]\s*\)/g)) mask.add(name!, process.env[name!] ?? "");
  }
  return mask;
}
