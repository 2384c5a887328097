import type { Artifact, Column } from "../../model.ts";
import { countOf } from "../../report/format.ts";
import { html, type Html } from "../html.ts";
import type { Site } from "../site.ts";
import type { Distribution } from "../data/distribution.ts";
import { glance } from "./table.ts";
import { existsSync } from "node:fs";

const most = 40;

interface Pair {
  readonly column: Column;
  readonly before: Distribution;
  readonly after: Distribution;
}

/** The columns that two tables share, their distributions side by side on one scale; equal ones are only counted. */
export async function distributionsPart(site: Site, name: string, before: Artifact, after: Artifact): Promise<Html | undefined> {
  const [old, fresh] = [before, after].map((each) => ({ file: site.kept.store.path(each), schema: each.schema ?? [] })) as [Stored, Stored];
  if (!existsSync(old.file) || !existsSync(fresh.file)) return undefined;
  const shared = fresh.schema.filter((column) => old.schema.some((other) => other.name === column.name && other.type === column.type));
  if (shared.length === 0) return undefined;
  const [then, now] = await Promise.all([
    site.tables.distributions(old.file, old.schema),
    site.tables.distributions(fresh.file, fresh.schema),
  ]);
  const pairs = shared.map((column): Pair => ({ column, before: then[indexOf(old, column)]!, after: now[indexOf(fresh, column)]! }));
  const different = pairs.filter((pair) => JSON.stringify(pair.before) !== JSON.stringify(pair.after));
  const rows = await Promise.all(different.slice(0, most).map((pair) => row(site, old.file, fresh.file, pair)));
  const equal = pairs.length - different.length;
  return html`<h3>Distributions of <span class="mono">${name}</span></h3>
${rows.length > 0 && html`<div class="scroll grid-box" tabindex="0" role="region" aria-label="Distributions of ${name}"><table class="data distributions"><thead><tr><th scope="col">column</th><th scope="col">before</th><th scope="col">after</th><th scope="col">both</th></tr></thead><tbody>${rows}</tbody></table></div>`}
<p class="note">${equal > 0 && `${countOf(equal, "column")} with equal distributions. `}${different.length > most && `${countOf(different.length - most, "more column")} left out.`}</p>`;
}

interface Stored {
  readonly file: string;
  readonly schema: readonly Column[];
}

function indexOf({ schema }: Stored, { name }: Column): number {
  return schema.findIndex((each) => each.name === name);
}

async function row({ tables }: Site, old: string, fresh: string, { column, before, after }: Pair): Promise<Html> {
  const cells = (both: Html | undefined) =>
    html`<tr><th scope="row">${column.name} <span class="type">${column.type.toLowerCase()}</span></th><td>${glance(column, before)}</td><td>${glance(column, after)}</td><td>${both}</td></tr>`;
  if (!before.bins || !after.bins) return cells(undefined);
  const [min, max] = [Math.min(before.low!, after.low!), Math.max(before.high!, after.high!)];
  const [then, now] = (await Promise.all([old, fresh].map((file) => tables.bins(file, column, min, max)))) as [number[], number[]];
  return cells(overlay(column.name, then, now));
}

const [width, height] = [180, 40];

/** Shares, not counts: the tables may differ in length. The earlier one as a line over the bars of the later. */
function overlay(name: string, before: readonly number[], after: readonly number[]): Html {
  const shares = [before, after].map((counts) =>
    counts.map(
      (count) =>
        count /
        Math.max(
          1,
          counts.reduce((a, b) => a + b),
        ),
    ),
  );
  const top = Math.max(...shares.flat(), Number.EPSILON);
  const each = width / after.length;
  const y = (share: number) => (height - (height - 2) * (share / top)).toFixed(1);
  const bars = shares[1]!.map(
    (share, index) =>
      html`<rect x="${(index * each).toFixed(1)}" y="${y(share)}" width="${(each - 0.8).toFixed(1)}" height="${(height - Number(y(share))).toFixed(1)}"/>`,
  );
  const line = shares[0]!
    .flatMap((share, index) => [`${(index * each).toFixed(1)},${y(share)}`, `${((index + 1) * each).toFixed(1)},${y(share)}`])
    .join(" ");
  return html`<svg class="overlay" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="Shares of ${name}, before as a line, after as bars">${bars}<polyline points="${line}"/></svg>`;
}
