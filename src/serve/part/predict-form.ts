import type { PredictInput } from "../../command/predict.ts";
import { html, type Html } from "../html.ts";

/** A field for each input of a model, filled with its example. */
export function predictForm(name: string, version: number, inputs: readonly PredictInput[]): Html {
  return html`<form data-predict="/api/models/${name}/${version}/predict" data-still class="predict">
<div class="inputs">${inputs.map((input) => field(`input-${version}-${input.name}`, input))}</div>
<p class="predict-end"><button class="primary">Predict</button></p><output aria-live="polite"></output></form>`;
}

function field(id: string, { name, example, doc, min, max, choices }: PredictInput): Html {
  const options = choices ?? (typeof example === "boolean" ? [true, false] : undefined);
  const limits = min !== undefined || max !== undefined ? `${min ?? "…"} to ${max ?? "…"}` : "";
  const input = options
    ? html`<select id="${id}" data-input="${name}">${options.map((each) => html`<option${each === example && html` selected`}>${String(each)}</option>`)}</select>`
    : html`<input id="${id}" data-input="${name}" value="${String(example)}" autocomplete="off"${typeof example === "number" && html` inputmode="decimal"`}${limits !== "" && html` title="${limits}"`}>`;
  return html`<div><label for="${id}" class="mono">${name}</label>${input}${doc && html`<p class="note">${doc}</p>`}</div>`;
}
