import path from "node:path";
import { type Failure, showPlace } from "../../errors.ts";
import { excerptAt } from "../../excerpt.ts";
import { cleanLines } from "../../report/clean.ts";
import { countOf } from "../../report/format.ts";
import { html, type Html } from "../html.ts";
import type { Site } from "../site.ts";
import { codeBlock } from "./code.ts";

/** Letters of a message that stand above the line that it is about; of a longer one the rest is folded. */
const most = 1000;

/** What went wrong, the user's line in its code, what to do; the frames folded. */
export async function failureBox({ project }: Pick<Site, "project">, failure: Failure): Promise<Html> {
  const { code, message, remedy, place, stack } = failure;
  const text = cleanLines(message).join("\n");
  const long = text.length > most;
  const lines = failure.excerpt ?? (place && excerptAt(project, place));
  const frames = cleanLines(stack ?? "")
    .map((line) => line.trim().replaceAll(`file://${project}${path.sep}`, "").replaceAll(`${project}${path.sep}`, ""))
    .filter((line) => line.startsWith("at "));
  return html`<div class="failure" role="group" aria-label="Failure">
<p class="what"><strong>${long ? `${[...text].slice(0, most).join("")}…` : text}</strong> <span class="chip mono">${code}</span></p>
${long && html`<details class="fold"><summary>All of the message</summary><pre class="text" tabindex="0">${text}</pre></details>`}
${place && html`<p class="mono quiet">${showPlace(place)}</p>`}
${lines && lines.lines.length > 0 && place?.line !== undefined && (await codeBlock(lines.lines.join("\n"), { firstLine: lines.first, marked: place.line }))}
${remedy && html`<p class="remedy">→ ${remedy}</p>`}
${frames.length > 0 && html`<details class="fold"><summary>${countOf(frames.length, "frame")}</summary><pre class="text" tabindex="0">${frames.join("\n")}</pre></details>`}
</div>`;
}
