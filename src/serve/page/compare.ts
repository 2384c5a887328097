import { codePatch } from "../../command/code-patch.ts";
import { columnText } from "../../command/compare-columns.ts";
import { compareStep, type Difference, pairSteps, type StepState } from "../../command/compare-runs.ts";
import { short } from "../../command/short.ts";
import { fail } from "../../errors.ts";
import type { Artifact } from "../../model.ts";
import { runById } from "../../record/lookup.ts";
import type { RunRow } from "../../record/runs.ts";
import { countOf, formatBytes, formatDuration, formatNumber } from "../../report/format.ts";
import type { LaidOut } from "../answer.ts";
import { html, type Html, type Piece } from "../html.ts";
import { distributionsPart } from "../part/distributions.ts";
import { patchPart } from "../part/patch.ts";
import type { Site } from "../site.ts";
import { layout, runLine } from "./layout.ts";

type Of<Type extends Difference["type"]> = Extract<Difference, { type: Type }>;

/** What differs between two runs: metrics first, then params, data, what was read, code. */
export async function comparePage(site: Site, before: string, after: string): Promise<LaidOut> {
  const [old, fresh] = [before, after].map((id) => runById(site.kept.db, id) ?? fail("E_NOT_FOUND", `there is no run ${id}`)) as [
    RunRow,
    RunRow,
  ];
  const found = await differences(site, old, fresh);
  const only = <Type extends Difference["type"]>(type: Type) => found.filter((each): each is Of<Type> => each.type === type);
  const main = html`<h1>Compare</h1><div class="compare-head">${runLine(old)}${runLine(fresh)}<p class="note"><a href="/compare?before=${after}&after=${before}">Swap</a></p></div>
${found.every(({ type }) => type === "step") && html`<p class="empty">No difference in code, params, data or metrics.</p>`}
${section(
  "Metrics",
  ["metric", "before", "after", "delta", "table"],
  only("metric").map((each) => [each.column, shown(each.before), shown(each.after), delta(each.delta), each.table]),
)}
${section(
  "Params",
  ["param", "before", "after", "step"],
  only("param").map((each) => [each.name, JSON.stringify(each.before), JSON.stringify(each.after), each.step]),
)}
${section(
  "Data",
  ["export", "before", "after", "columns"],
  only("data").map((each) => [
    `${each.step}.${each.export}`,
    artifact(each.before),
    artifact(each.after),
    each.columns.map(columnText).join(", "),
  ]),
)}
${await Promise.all(only("data").map((each) => each.before?.codec === "table" && each.after?.codec === "table" && distributionsPart(site, `${each.step}.${each.export}`, each.before, each.after)))}
${section(
  "Read",
  ["what", "kind", "before", "after", "step"],
  only("read").map((each) => [
    each.name,
    each.kind,
    ...[each.before, each.after].map((digest) => (digest === null ? "not there" : each.kind === "env" ? "set" : short(digest))),
    each.step,
  ]),
)}
${only("code").map(codePart)}
${section(
  "Steps",
  ["step", "before", "after"],
  only("step").map((each) => [each.step, state(each.before), state(each.after)]),
)}`;
  return layout(site, { title: "Compare", at: "/runs", main });
}

export async function differences({ kept: { db }, project }: Site, old: RunRow, fresh: RunRow): Promise<Difference[]> {
  const found: Difference[] = [];
  for (const pair of pairSteps(db, old, fresh)) {
    for (const each of compareStep(pair)) {
      const patch =
        each.type === "code" && each.declarations.length > 0 ? await codePatch(project, pair.before!.record!, pair.after!.record!) : null;
      found.push(each.type === "code" ? { ...each, patch } : each);
    }
  }
  return found;
}

function section(title: string, heads: readonly string[], rows: readonly (readonly Piece[])[]): Html | undefined {
  if (rows.length === 0) return undefined;
  return html`<h2 class="part">${title}</h2><div class="scroll grid-box" tabindex="0" role="region" aria-label="${title}"><table class="data compared"><thead><tr>${heads.map((head) => html`<th scope="col">${head}</th>`)}</tr></thead><tbody>${rows.map((row) => html`<tr>${row.map((cell) => html`<td>${cell}</td>`)}</tr>`)}</tbody></table></div>`;
}

function codePart({ step, files, declarations, packages, engine, patch }: Of<"code">): Html {
  const changes = [
    ...files.map((each) => ({ ...each, kind: "file" })),
    ...declarations.map((each) => ({ ...each, kind: "declaration" })),
    ...packages.map((each) => ({ ...each, kind: "package" })),
  ];
  return html`<h2 class="part">Code of <span class="mono">${step}</span></h2><p>${changes.map(({ name, kind, change }) => html`<span class="chip">${kind} <span class="mono">${name}</span> ${change}</span> `)}${engine.map((word) => html`<span class="chip mono">${word}</span> `)}</p>${patch !== null && patchPart(patch)}`;
}

function shown(value: unknown): string {
  return value === null ? "–" : typeof value === "number" ? formatNumber(value) : String(value);
}

function delta(value: number | null): Piece {
  return value !== null && html`<span class="mono">${value > 0 ? "+" : ""}${formatNumber(value)}</span>`;
}

function artifact(of: Artifact | null): string {
  return of === null ? "–" : `${of.rows === undefined ? of.codec : countOf(of.rows, "row")}, ${formatBytes(of.bytes)}, ${short(of.digest)}`;
}

function state(of: StepState): string {
  if (of === null) return "–";
  return of.ms > 0 ? `${of.status}, ${formatDuration(of.ms)}` : of.status === "cached" ? "reused" : of.status;
}
