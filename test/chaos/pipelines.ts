import fc from "fast-check";

/** A random pipeline: enough to render its files, to say what each step comes to, and what an edit may reach. */
export interface Pipeline {
  readonly steps: readonly ModelStep[];
  /** What the used and the unused function of lib/helper.ts hold. */
  readonly factor: number;
  readonly unused: number;
  /** What says nothing: comments, types, layout. */
  readonly comment: number;
  readonly types: number;
  readonly layout: number;
  /** Which file lies beside the others and says nothing. */
  readonly beside: number;
  readonly params: Readonly<Record<Place, number>>;
  readonly env: Readonly<Record<Place, number>>;
  readonly data: Readonly<Record<Place, number>>;
  readonly pack: { readonly version: number; readonly value: number };
  /** What lib/number.json, lib/old.cjs and the linked package of the workspace hold. */
  readonly modules: Readonly<Record<Module, number>>;
}

export type Module = "json" | "cjs" | "linked";

export type Place = "k" | "m";
export type Ingredient = "param" | "env" | "file" | "helper" | Module | "package" | "table" | "model";

export interface ModelStep {
  /** What the cache goes by. */
  readonly name: string;
  readonly number: number;
  readonly constant: number;
  /** Has a further export, z. */
  readonly more: boolean;
  /** Has a process of its own; the others share one, which is not a part of their results. */
  readonly alone: boolean;
  readonly place: Place;
  readonly reads: readonly Ingredient[];
  /** Names of earlier steps, with the export that is used. */
  readonly imports: readonly { readonly from: string; readonly export: "x" | "y" }[];
}

export type Edit =
  | {
      readonly kind: "code" | "renumber" | "swap-imports" | "rename" | "remove" | "export" | "alone";
      readonly step: number;
      readonly value: number;
    }
  | {
      readonly kind: "helper" | "unused" | "comment" | "types" | "layout" | "beside" | "package-version" | "package-code";
      readonly value: number;
    }
  | { readonly kind: "module"; readonly which: Module; readonly value: number }
  | { readonly kind: "param" | "env" | "data"; readonly place: Place; readonly value: number }
  | { readonly kind: "revert"; readonly back: number }
  | { readonly kind: "delete" | "damage"; readonly pick: number };

const small = fc.integer({ min: 0, max: 5 });
const place = fc.constantFrom<Place>("k", "m");
const places = fc.record({ k: small, m: small });
/** Few: a process has the environment of its start. */
const flags = fc.record({ k: fc.nat(1), m: fc.constant(0) });

const oneIn = (count: number) => fc.integer({ min: 1, max: count }).map((n) => n === count);
const some = (there: fc.Arbitrary<boolean>, what: Ingredient) => there.map((yes): Ingredient[] => (yes ? [what] : []));

/** Starting DuckDB takes time; and so does the process of its own that a step with a package has. */
const ingredients = (plain: Ingredient[]) =>
  fc
    .tuple(fc.subarray(plain), some(oneIn(40), "package"), some(oneIn(20), "table"), some(oneIn(10), "model"))
    .map((all): Ingredient[] => all.flat());

const step = (position: number, plain: Ingredient[]): fc.Arbitrary<ModelStep> => {
  const one = fc.record({
    from: fc.nat(Math.max(0, position - 1)).map((from) => `s${from}`),
    export: fc.constantFrom("x" as const, "y" as const),
  });
  return fc.record({
    name: fc.constant(`s${position}`),
    number: fc.constant((position + 1) * 10),
    constant: small,
    more: fc.boolean(),
    alone: oneIn(100),
    place,
    reads: ingredients(plain),
    imports: position === 0 ? fc.constant([]) : fc.uniqueArray(one, { maxLength: 2, selector: (each) => `${each.from}${each.export}` }),
  });
};

/** Few steps mostly, so that many pipelines are tried; at times a large one. */
const counts = fc.oneof(
  { weight: 19, arbitrary: fc.integer({ min: 2, max: 5 }) },
  { weight: 1, arbitrary: fc.integer({ min: 6, max: 30 }) },
);

/** Not all in each pipeline: a run with params is never answered by a kept plan. */
const plains = fc.subarray<Ingredient>(["param", "env", "file", "helper", "json", "cjs", "linked"]);

export const pipelines: fc.Arbitrary<Pipeline> = fc.tuple(counts, plains).chain(([count, plain]) =>
  fc.record({
    steps: fc.tuple(...Array.from({ length: count }, (_, position) => step(position, plain))),
    factor: small,
    unused: small,
    comment: fc.constant(0),
    types: fc.constant(0),
    layout: fc.constant(0),
    beside: fc.constant(0),
    params: places,
    env: flags,
    data: places,
    pack: fc.record({ version: small, value: small }),
    modules: fc.record({ json: small, cjs: small, linked: small }),
  }),
);

/** Code is what is edited most. */
export const edits: fc.Arbitrary<Edit> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("code"), step: fc.nat(29), value: small }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom("renumber", "swap-imports", "rename", "remove", "export", "alone"),
      step: fc.nat(29),
      value: small,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom("helper", "unused", "comment", "types", "layout", "package-version", "package-code"),
      value: small,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("module"), which: fc.constantFrom<Module>("json", "cjs", "linked"), value: small }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("beside"), value: small }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom("param", "env", "data"), place, value: small }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("revert"), back: fc.nat(3) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom("delete", "damage"), pick: fc.nat(99) }) },
) as fc.Arbitrary<Edit>;

/** Edits after which nothing may run. */
export function isHarmless(edit: Edit): boolean {
  return ["unused", "comment", "types", "layout", "beside", "renumber", "alone"].includes(edit.kind);
}

/**
 * The pipeline after the edit; what the edit does to the store is not part of it.
 * @param history the pipelines before, oldest first
 */
export function applyEdit(pipeline: Pipeline, edit: Edit, history: readonly Pipeline[]): Pipeline {
  switch (edit.kind) {
    case "helper":
      return { ...pipeline, factor: edit.value };
    case "unused":
    case "comment":
    case "types":
    case "layout":
    case "beside":
      return { ...pipeline, [edit.kind]: pipeline[edit.kind] + 1 };
    case "package-version":
      return { ...pipeline, pack: { ...pipeline.pack, version: edit.value } };
    case "package-code":
      return { ...pipeline, pack: { ...pipeline.pack, value: edit.value } };
    case "module":
      return { ...pipeline, modules: { ...pipeline.modules, [edit.which]: edit.value } };
    case "param":
      return { ...pipeline, params: { ...pipeline.params, [edit.place]: edit.value } };
    case "env":
      return { ...pipeline, env: { ...pipeline.env, k: edit.value % 2 } };
    case "data":
      return { ...pipeline, data: { ...pipeline.data, [edit.place]: edit.value } };
    case "revert":
      return history.at(-1 - (edit.back % history.length))!;
    case "delete":
    case "damage":
      return pipeline;
    default:
      return { ...pipeline, steps: editSteps(pipeline.steps, edit) };
  }
}

type StepEdit = Extract<Edit, { step: number }>;

function editSteps(steps: readonly ModelStep[], { kind, step: picked, value }: StepEdit): readonly ModelStep[] {
  const at = picked % steps.length;
  const { name } = steps[at]!;
  const change = (fields: Partial<ModelStep>) => steps.map((each, i) => (i === at ? { ...each, ...fields } : each));
  const importers = (to: (each: ModelStep["imports"][number]) => ModelStep["imports"]) => (each: ModelStep) => ({
    ...each,
    imports: each.imports.flatMap((one) => (one.from === name ? to(one) : [one])),
  });
  switch (kind) {
    case "code":
      return change({ constant: value });
    case "renumber":
      return change({ number: Math.floor(steps[at]!.number / 10) * 10 + value });
    case "export":
      return change({ more: !steps[at]!.more });
    case "alone":
      return change({ alone: !steps[at]!.alone });
    case "swap-imports":
      return change({ imports: steps[at]!.imports.map((one) => ({ ...one, export: one.export === "x" ? "y" : "x" })) });
    case "rename":
      return change({ name: `${name}r` }).map(importers((one) => [{ ...one, from: `${name}r` }]));
    case "remove":
      return steps.length === 1 ? steps : steps.filter((_, i) => i !== at).map(importers(() => []));
  }
}
