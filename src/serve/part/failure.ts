import { readFileSync, realpathSync, statSync } from "node:fs";
import path from "node:path";
import { type Failure, showPlace } from "../../errors.ts";
import { cleanLines } from "../../report/clean.ts";
import { html, type Html } from "../html.ts";
import type { Site } from "../site.ts";
import { codeBlock } from "./code.ts";

const around = 3;

/** What went wrong, the user's line in its code, what to do; the frames folded. */
export async function failureBox({ project }: Pick<Site, "project">, failure: Failure): Promise<Html> {
  const { code, message, remedy, place, stack } = failure;
  const lines = place && surroundings(project, place.file, place.line);
  const frames = cleanLines(stack ?? "").map((line) => line.trim().replaceAll(`file://${project}${path.sep}`, "").replaceAll(`${project}${path.sep}`, "")).filter((line) => line.startsWith("at "));
  return html`<div class="failure" role="group" aria-label="Failure">
<p class="what"><strong>${cleanLines(message).join("\n")}</strong> <span class="chip mono">${code}</span></p>
${place && html`<p class="mono quiet">${showPlace(place)}</p>`}
${lines && place?.line !== undefined && (await codeBlock(lines.code, { firstLine: lines.first, marked: place.line }))}
${remedy && html`<p class="remedy">→ ${remedy}</p>`}
${frames.length > 0 && html`<details class="fold"><summary>${frames.length} frame${frames.length > 1 && "s"}</summary><pre class="text" tabindex="0">${frames.join("\n")}</pre></details>`}
</div>`;
}

/** The lines around a place; of files inside the project only, also behind links. */
function surroundings(project: string, file: string, line: number | undefined): { code: string; first: number } | undefined {
  if (line === undefined) return undefined;
  try {
    const real = realpathSync(path.resolve(project, file));
    if (!real.startsWith(realpathSync(project) + path.sep) || statSync(real).size > 2_000_000) return undefined;
    const first = Math.max(1, line - around);
    const lines = readFileSync(real, "utf8").split(/\r?\n/).slice(first - 1, line + around);
    return lines.length === 0 ? undefined : { code: lines.join("\n"), first };
  } catch {
    return undefined; // it is gone since
  }
}
