import { fail } from "../../errors.ts";
import { countOf, formatBytes, formatNumber } from "../../report/format.ts";
import { short } from "../../command/short.ts";
import { predictInputs } from "../../command/predict.ts";
import type { LaidOut } from "../answer.ts";
import { type ModelUse, usesOf } from "../data/model-uses.ts";
import { type Model, provenance, readModels } from "../data/models.ts";
import { html, type Html } from "../html.ts";
import { predictForm } from "../part/predict-form.ts";
import { tree } from "../part/tree.ts";
import type { Site } from "../site.ts";
import { layout, runLink, when } from "./layout.ts";

/** The newest version of each model. */
export function modelsPage(site: Site): LaidOut {
  const all = readModels(site);
  const newest = all.filter((model, index) => all[index - 1]?.name !== model.name);
  const main = html`<h1>Models</h1>${newest.map((model) => html`<article class="card"><h2><a href="/models/${model.name}">${model.name}</a> <span class="quiet">v${model.version}</span>${all.filter(({ name }) => name === model.name).flatMap(({ aliases, version }) => aliases.map((alias) => html` <span class="chip alias">${alias} v${version}</span>`))}</h2>${model.doc && html`<p>${model.doc}</p>`}${facts(model.metrics)}<p class="note">${when(model.createdAt)} · ${model.step} · ${formatBytes(model.bytes)}</p></article>`)}
${all.length === 0 && html`<p class="empty">No models yet. <code>saveModel(name, parts, card)</code> in a step saves one.</p>`}`;
  return layout(site, { title: "Models", at: "/models", main });
}

/** All versions of a model, each with what it is and what it was made of. */
export function modelPage(site: Site, name: string): LaidOut {
  const versions = readModels(site).filter((model) => model.name === name);
  if (versions.length === 0) fail("E_NOT_FOUND", `there is no model "${name}"`);
  const uses = usesOf(site, name);
  const main = html`<h1>${name}</h1>${versions.map((model, index) => versionPart(site, model, uses.get(model.version) ?? [], index === 0))}`;
  return layout(site, { title: name, at: "/models", main });
}

function versionPart(site: Site, model: Model, uses: readonly ModelUse[], open: boolean): Html {
  const { fingerprint, code, inputs: madeOf, files } = provenance(site, model);
  const { card, name, version } = model;
  const inputs = model.file === null ? undefined : predictInputs(card);
  return html`<article class="card"><h2 id="v${version}">v${version} <span class="quiet">${when(model.createdAt)}</span></h2>${aliasTools(model)}${model.doc && html`<p>${model.doc}</p>`}
${facts(model.metrics)}${facts(model.params)}
<p class="note">${model.file === null ? "Its file is gone." : html`<a href="/models/${name}/${version}/file" download="${name}-v${version}.json">Download</a> <span class="mono">${model.file}</span>`}</p>
${inputs && html`<details class="fold" data-keep="predict-${name}-${version}"${open && html` open`}><summary>Try a prediction</summary>${predictForm(name, version, inputs)}</details>`}
<details class="fold" data-keep="used-${name}-${version}"><summary>Where used <span class="quiet">${uses.length === 0 ? "nowhere yet" : countOf(new Set(uses.map(({ step }) => step)).size, "step")}</span></summary>${uses.length === 0 ? html`<p class="note">No step has loaded this version. <code>await loadModel("${name}@production")</code> does.</p>` : html`<dl class="values">${uses.map(({ step, alias, runs, last }) => html`<div><dt class="mono"><a href="/#step-${step}">${step}</a></dt><dd>${alias && html`as <span class="chip alias">${alias}</span> `}in ${countOf(runs, "run")}, last ${runLink({ id: last })}</dd></div>`)}</dl>`}</details>
<details class="fold" data-keep="model-${name}-${version}"><summary>Provenance</summary><dl class="values"><div><dt>run</dt><dd>${runLink({ id: model.run })}</dd></div><div><dt>step</dt><dd class="mono">${model.step}</dd></div><div><dt>fingerprint</dt><dd class="mono">${short(fingerprint)}</dd></div><div><dt>code</dt><dd class="mono">${short(code)}</dd></div>${Object.entries(madeOf).map(([input, digest]) => html`<div><dt>input ${input}</dt><dd class="mono">${short(digest)}</dd></div>`)}${files.map((file) => html`<div><dt>file ${file.name}</dt><dd class="mono">${short(file.digest)}</dd></div>`)}<div><dt>card</dt><dd>${tree(card)}</dd></div></dl></details></article>`;
}

const usual = ["candidate", "production"];

/** The names that stand for this version, and how to move one here. */
function aliasTools({ name, version, aliases, file }: Model): Html | undefined {
  if (file === null) return undefined;
  const own = aliases.map(
    (alias) =>
      html`<span class="chip alias">${alias}<button type="button" data-act="alias" data-model="${name}" data-alias="${alias}" aria-label="Take ${alias} away from v${version}">×</button></span>`,
  );
  const others = usual
    .filter((alias) => !aliases.includes(alias))
    .map(
      (alias) =>
        html`<button type="button" class="small" data-act="alias" data-model="${name}" data-alias="${alias}" data-version="${version}">Make ${alias}</button>`,
    );
  return html`<div class="alias-line">${own}${others}<form data-alias data-still data-model="${name}" data-version="${version}"><input name="alias" placeholder="other alias" aria-label="Other alias for v${version}" autocomplete="off" pattern="[A-Za-z][A-Za-z0-9_\\-]*" size="9"><button class="small">Set</button></form></div>`;
}

function facts(values: Readonly<Record<string, unknown>>): Html | undefined {
  const entries = Object.entries(values);
  return entries.length === 0
    ? undefined
    : html`<dl class="facts">${entries.map(([name, value]) => html`<div><dt>${name}</dt><dd class="mono">${typeof value === "number" ? formatNumber(value) : String(value)}</dd></div>`)}</dl>`;
}
