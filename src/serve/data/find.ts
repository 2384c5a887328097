import type { Db } from "../../record/state.ts";
import { places } from "../page/layout.ts";
import type { Site } from "../site.ts";

/** Where a search can lead. */
export interface Found {
  readonly kind: "page" | "step" | "model" | "run";
  readonly label: string;
  readonly hint: string;
  readonly href: string;
}

const [mostRuns, most] = [8, 24];

/** Pages, steps, models and runs that have all the words somewhere; what begins with them first. */
export async function find(site: Site, wish: string): Promise<Found[]> {
  const words = wish
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "");
  const { graph } = await site.graph();
  const all: Found[] = [
    ...(graph?.steps ?? []).map(({ id, file }): Found => ({ kind: "step", label: id, hint: file, href: `/#step-${id}` })),
    ...models(site.kept.db),
    ...[...places, ["/new", "Run…"] as const].map(([href, label]): Found => ({ kind: "page", label, hint: "", href })),
  ];
  const place = ({ label }: Found) =>
    label
      .replace(/^\d+_/, "")
      .toLowerCase()
      .startsWith(words[0] ?? "") || label.startsWith(words[0] ?? "")
      ? 0
      : 1;
  // Not in SQL, whose lower() knows the letters of English alone.
  const fits = ({ label, kind, hint }: Found) => words.every((word) => `${label} ${kind} ${hint}`.toLowerCase().includes(word));
  const fitting = all.filter(fits).sort((a, b) => place(a) - place(b));
  return [...fitting, ...runs(site.kept.db, fits)].slice(0, most);
}

function models(db: Db): Found[] {
  const rows = db.prepare("SELECT name, max(version) AS version FROM models GROUP BY name ORDER BY name").all() as {
    name: string;
    version: number;
  }[];
  return rows.map(({ name, version }) => ({ kind: "model", label: name, hint: `v${version}`, href: `/models/${name}` }));
}

/** The newest of those that fit. */
function runs(db: Db, fits: (run: Found) => boolean): Found[] {
  const rows = db.prepare('SELECT id, status, "trigger", params FROM runs ORDER BY started_at DESC').iterate() as IterableIterator<{
    id: string;
    status: string;
    trigger: string;
    params: string;
  }>;
  const found: Found[] = [];
  for (const { id, status, trigger, params } of rows) {
    const given = Object.entries(JSON.parse(params) as Record<string, string>).map(([name, value]) => `${name}=${value}`);
    const run: Found = { kind: "run", label: id, hint: [status, trigger, ...given].join(" "), href: `/runs/${id}` };
    if (fits(run)) found.push(run);
    if (found.length === mostRuns) break;
  }
  return found;
}
