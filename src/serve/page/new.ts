import type { ParamUse } from "../../model.ts";
import { rangeOf } from "../../param-limits.ts";
import type { LaidOut } from "../answer.ts";
import { html, join, type Html } from "../html.ts";
import { failureBox } from "../part/failure.ts";
import type { Site } from "../site.ts";
import { layout } from "./layout.ts";

type Field = ParamUse & { readonly steps: readonly string[] };

/** The form of a run, made from the params of the steps: their defaults, kinds, limits and words. */
export async function newRunPage(site: Site): Promise<LaidOut> {
  const { graph, failure } = await site.graph();
  const params = new Map<string, Field>();
  for (const { id, params: uses } of graph?.steps ?? [])
    for (const use of uses) {
      const known = params.get(use.name);
      // What the first step leaves open another one may say.
      params.set(use.name, { ...use, ...known, steps: [...new Set([...(known?.steps ?? []), id])] });
    }
  // What is wrong with a value the server says, in words that stay, beside its field: not the browser, in words that go.
  const main = html`<h1>Run</h1>${failure && (await failureBox(site, failure))}
<form data-run data-still novalidate class="run-form">
<div class="field"><label for="step">Up to</label><div><select id="step" name="step"><option value="">all steps</option>${graph?.steps.map((step) => html`<option>${step.id}</option>`)}</select><p class="note">The step and all that it needs.</p></div></div>
${[...params.values()].map(field)}
<div class="field"><span></span><label class="check"><input type="checkbox" name="force"> Run even what could be reused</label></div>
<div class="field"><span></span><div><button class="primary">Run</button></div></div></form>`;
  return layout(site, { title: "Run", at: "", main });
}

function field(use: Field): Html {
  const { name, doc, steps } = use;
  const [id, range] = [`param-${name}`, rangeOf(use)];
  const words = [
    doc,
    range,
    join(
      steps.map((step) => html`<span class="mono">${step}</span>`),
      ", ",
    ),
  ].filter((each) => each !== undefined);
  return html`<div class="field"><label for="${id}" class="mono">${name}</label><div>${input(use, id)}<p class="refused" id="${id}-refused" hidden></p><p class="note" id="${id}-note">${join(words, " · ")}</p></div></div>`;
}

function input({ name, default: standard, min, max, choices }: Field, id: string): Html {
  const value = standard === null ? "" : String(standard);
  const common = html`id="${id}" data-param="${name}" data-default="${value}" aria-describedby="${id}-refused ${id}-note"`;
  const options = choices ?? (typeof standard === "boolean" ? [true, false] : undefined);
  if (options) return select(common, value, options);
  if (value.includes("\n"))
    return html`<textarea ${common} rows="${Math.min(12, value.split("\n").length)}">
${value}</textarea>`;
  if (typeof standard !== "number" && min === undefined && max === undefined)
    return html`<input ${common} value="${value}" autocomplete="off">`;
  return html`<input ${common} type="number" step="any"${min !== undefined && html` min="${min}"`}${max !== undefined && html` max="${max}"`} value="${value}" autocomplete="off">`;
}

/** The only values that are allowed. A default that is none of them, null or computed, is left to the step. */
function select(common: Html, value: string, choices: NonNullable<ParamUse["choices"]>): Html {
  const texts = choices.filter((each) => each !== null).map(String);
  return html`<select ${common}>${!texts.includes(value) && html`<option value="${value}" selected>${value === "" ? "the default" : value}</option>`}${texts.map((each) => html`<option value="${each}"${each === value && html` selected`}>${each === "" ? "empty" : each}</option>`)}</select>`;
}
