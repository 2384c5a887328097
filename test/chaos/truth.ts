import { createHash } from "node:crypto";
import { encodeValue } from "../../src/store/codec.ts";
import type { ModelStep, Pipeline } from "./pipelines.ts";

/** What a step comes to, by plain arithmetic and no engine. */
export interface Truth {
  readonly sum: number;
  /** All that the step's result may depend on: it runs where this was not met before, and nowhere else. */
  readonly key: string;
}

/** Step name → what it must come to. */
export function truth(pipeline: Pipeline): Map<string, Truth> {
  const all = new Map<string, Truth>();
  // Imports lead to earlier steps only, and the steps are in order.
  for (const step of pipeline.steps) all.set(step.name, truthOf(pipeline, step, all));
  return all;
}

function truthOf(pipeline: Pipeline, step: ModelStep, before: ReadonlyMap<string, Truth>): Truth {
  const { place, reads, constant, imports, name, more } = step;
  const has = (what: string) => reads.some((each) => each === what);
  const modules = Object.entries(pipeline.modules).map(([which, value]) => (has(which) ? value : 0));
  const inputs = imports.map((each) => {
    const { sum } = before.get(each.from)!;
    return each.export === "x" ? sum : sum % 3;
  });
  const looked = {
    param: has("param") ? pipeline.params[place] : 0,
    env: has("env") ? pipeline.env[place] : 0,
    file: has("file") ? pipeline.data[place] : 0,
    package: has("package") ? pipeline.pack.value : 0,
  };
  const plain =
    (constant +
      inputs.reduce((total, value, i) => total + value * (i + 2), 0) +
      looked.param +
      looked.env +
      looked.file +
      looked.package +
      modules.reduce((total, value) => total + value, 0)) %
    997;
  const sum = has("helper") ? plain * pipeline.factor + 1 : plain;
  const code = [
    name,
    constant,
    more,
    place,
    reads,
    imports,
    has("helper") ? pipeline.factor : null,
    has("package") ? pipeline.pack : null,
    modules,
  ];
  return { sum, key: JSON.stringify([code, inputs, looked]) };
}

/** The digest that a value's artifact must have. */
export function digestOf(value: unknown): string {
  const hash = createHash("sha256");
  for (const chunk of encodeValue(value)) hash.update(chunk);
  return hash.digest("hex");
}

/** `step.export` → digest, for all but tables. */
export function expectedDigests(pipeline: Pipeline): Record<string, string> {
  const all: Record<string, string> = {};
  for (const [name, { sum }] of truth(pipeline)) {
    all[`${name}.x`] = digestOf(sum);
    all[`${name}.y`] = digestOf(sum % 3);
    const step = pipeline.steps.find((each) => each.name === name)!;
    if (step.more) all[`${name}.z`] = digestOf(sum + 1000);
    if (step.reads.includes("model")) all[`${name} model`] = digestOf({ w: sum });
  }
  return all;
}
