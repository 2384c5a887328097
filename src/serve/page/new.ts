import type { ParamUse } from "../../model.ts";
import type { LaidOut } from "../answer.ts";
import { html, type Html } from "../html.ts";
import { failureBox } from "../part/failure.ts";
import type { Site } from "../site.ts";
import { layout } from "./layout.ts";

/** The form of a run, made from the params of the steps: their defaults, kinds and words. */
export async function newRunPage(site: Site): Promise<LaidOut> {
  const { graph, failure } = await site.graph();
  const params = new Map<string, ParamUse & { readonly step: string }>();
  for (const step of graph?.steps ?? [])
    for (const use of step.params) if (!params.has(use.name)) params.set(use.name, { ...use, step: step.id });
  const main = html`<h1>Run</h1>${failure && (await failureBox(site, failure))}
<form data-run data-still class="run-form">
<div class="field"><label for="step">Up to</label><div><select id="step" name="step"><option value="">all steps</option>${graph?.steps.map((step) => html`<option>${step.id}</option>`)}</select><p class="note">The step and all that it needs.</p></div></div>
${[...params.values()].map(field)}
<div class="field"><span></span><label class="check"><input type="checkbox" name="force"> Run even what could be reused</label></div>
<div class="field"><span></span><div><button class="primary">Run</button></div></div></form>`;
  return layout(site, { title: "Run", at: "", main });
}

function field({ name, default: standard, doc, step }: ParamUse & { readonly step: string }): Html {
  const id = `param-${name}`;
  const value = standard === null ? "" : String(standard);
  const common = html`id="${id}" data-param="${name}" data-default="${value}"`;
  const input =
    typeof standard === "boolean"
      ? html`<select ${common}><option${standard && html` selected`}>true</option><option${!standard && html` selected`}>false</option></select>`
      : value.includes("\n")
        ? html`<textarea ${common} rows="${Math.min(12, value.split("\n").length)}">
${value}</textarea>`
        : html`<input ${common} value="${value}" autocomplete="off"${typeof standard === "number" && html` inputmode="decimal"`}>`;
  return html`<div class="field"><label for="${id}" class="mono">${name}</label><div>${input}<p class="note">${doc && html`${doc} · `}<span class="mono">${step}</span></p></div></div>`;
}
