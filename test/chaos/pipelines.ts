import fc from "fast-check";

/** A random pipeline: enough to render its files and to say what an edit may reach. */
export interface Pipeline {
  readonly steps: readonly ModelStep[];
  /** What the used and the unused function of lib/helper.ts hold. */
  readonly factor: number;
  readonly unused: number;
  readonly comment: number;
  readonly params: Readonly<Record<string, number>>;
  readonly env: Readonly<Record<string, number>>;
  readonly data: Readonly<Record<string, number>>;
}

export interface ModelStep {
  readonly name: string;
  readonly number: number;
  readonly constant: number;
  readonly reads: readonly ("param" | "env" | "file" | "helper" | "table")[];
  /** Positions of earlier steps, with the export that is used. */
  readonly imports: readonly { readonly from: number; readonly name: "x" | "y" }[];
}

export type Edit =
  | { readonly kind: "code" | "renumber" | "swap-imports"; readonly step: number; readonly value: number }
  | { readonly kind: "helper" | "unused" | "comment"; readonly value: number }
  | { readonly kind: "param" | "env" | "data"; readonly name: number; readonly value: number }
  | { readonly kind: "delete" | "damage"; readonly pick: number };

const small = fc.integer({ min: 0, max: 5 });
const names = ["k", "m"] as const;

/** Starting DuckDB is what takes time here. */
const rarely = fc.integer({ min: 0, max: 9 }).map((n) => n === 9);

const step = (position: number): fc.Arbitrary<ModelStep> =>
  fc.record({
    name: fc.constant(`s${position}`),
    number: fc.constant((position + 1) * 10),
    constant: small,
    reads: fc.tuple(fc.subarray(["param", "env", "file", "helper"] as const), rarely).map(([reads, table]) => (table ? [...reads, "table" as const] : reads)),
    imports: position === 0 ? fc.constant([]) : fc.uniqueArray(fc.record({ from: fc.nat(position - 1), name: fc.constantFrom("x" as const, "y" as const) }), { maxLength: 2, selector: (each) => `${each.from}${each.name}` }),
  });

const values = fc.record({ k: small, m: small });

export const pipelines: fc.Arbitrary<Pipeline> = fc.integer({ min: 2, max: 5 }).chain((count) =>
  fc.record({
    steps: fc.tuple(...Array.from({ length: count }, (_, position) => step(position))),
    factor: small,
    unused: small,
    comment: fc.constant(0),
    params: values,
    env: values,
    data: values,
  }),
);

export const edits: fc.Arbitrary<Edit> = fc.oneof(
  fc.record({ kind: fc.constantFrom("code" as const, "renumber" as const, "swap-imports" as const), step: fc.nat(4), value: small }),
  fc.record({ kind: fc.constantFrom("helper" as const, "unused" as const, "comment" as const), value: small }),
  fc.record({ kind: fc.constantFrom("param" as const, "env" as const, "data" as const), name: fc.nat(1), value: small }),
  fc.record({ kind: fc.constantFrom("delete" as const, "damage" as const), pick: fc.nat(20) }),
);

/** The pipeline after the edit; what the edit does to the store is not part of it. */
export function applyEdit(pipeline: Pipeline, edit: Edit): Pipeline {
  const { steps } = pipeline;
  const at = "step" in edit ? edit.step % steps.length : 0;
  const change = (fields: Partial<ModelStep>) => ({ ...pipeline, steps: steps.map((each, i) => (i === at ? { ...each, ...fields } : each)) });
  switch (edit.kind) {
    case "code":
      return change({ constant: edit.value });
    case "renumber":
      return change({ number: (at + 1) * 10 + edit.value });
    case "swap-imports":
      return change({ imports: steps[at]!.imports.map(({ from, name }) => ({ from, name: name === "x" ? "y" : "x" })) });
    case "helper":
      return { ...pipeline, factor: edit.value };
    case "unused":
      return { ...pipeline, unused: edit.value };
    case "comment":
      return { ...pipeline, comment: pipeline.comment + 1 };
    case "param":
      return { ...pipeline, params: { ...pipeline.params, [names[edit.name]!]: edit.value } };
    case "env":
      return { ...pipeline, env: { ...pipeline.env, [names[edit.name]!]: edit.value } };
    case "data":
      return { ...pipeline, data: { ...pipeline.data, [names[edit.name]!]: edit.value } };
    case "delete":
    case "damage":
      return pipeline;
  }
}

/** Edits after which nothing may run. */
export function isHarmless(edit: Edit): boolean {
  return ["unused", "comment", "renumber"].includes(edit.kind);
}

export function fileOf({ number, name }: ModelStep): string {
  return `steps/${number}_${name}.ts`;
}

/** Path → text of all files of the pipeline. */
export function render(pipeline: Pipeline): Record<string, string> {
  const files: Record<string, string> = {
    "lib/helper.ts": `// ${pipeline.comment}\nexport const scale = (x: number) => x * ${pipeline.factor} + 1;\nexport const unused = () => ${pipeline.unused};\n`,
  };
  for (const [name, value] of Object.entries(pipeline.data)) files[`data/${name}.txt`] = String(value);
  pipeline.steps.forEach((each, position) => (files[fileOf(each)] = renderStep(pipeline, each, position)));
  return files;
}

function renderStep(pipeline: Pipeline, { constant, reads, imports }: ModelStep, position: number): string {
  const which = names[position % 2]!;
  const terms: string[] = [String(constant)];
  const lines = [`/** Step ${position}, comment ${pipeline.comment}. */`];
  const api = [reads.includes("param") ? "param" : "", reads.includes("table") ? "sql" : ""].filter(Boolean);
  if (api.length > 0) lines.push(`import { ${api.join(", ")} } from "stepbook";`);
  imports.forEach(({ from, name }, i) => {
    lines.push(`import { ${name} as in${i} } from "./${path(pipeline.steps[from]!)}";`);
    terms.push(`in${i} * ${i + 2}`);
  });
  if (reads.includes("helper")) lines.push('import { scale } from "../lib/helper.ts";');
  if (reads.includes("file")) lines.push('import { readFileSync } from "node:fs";');
  if (reads.includes("param")) terms.push(`param("${which}", 0)`);
  if (reads.includes("env")) terms.push(`Number(process.env.CHAOS_${which} ?? 0)`);
  if (reads.includes("file")) terms.push(`Number(readFileSync("data/${which}.txt", "utf8"))`);
  const sum = terms.join(" + ");
  lines.push(`const sum = ${reads.includes("helper") ? `scale(${sum})` : sum};`);
  // y takes few values, so that early cutoff is met often.
  lines.push("export const x = sum;", "export const y = sum % 3;");
  if (reads.includes("table")) lines.push("export const t = await sql`SELECT i, i * ${sum} AS v FROM range(5) r(i)`;");
  return `${lines.join("\n")}\n`;
}

function path(each: ModelStep): string {
  return fileOf(each).slice("steps/".length);
}
