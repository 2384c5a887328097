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
  const fitting = all
    .filter(({ label, kind, hint }) => words.every((word) => `${label} ${kind} ${hint}`.toLowerCase().includes(word)))
    .sort((a, b) => place(a) - place(b));
  return [...fitting, ...runs(site.kept.db, words)].slice(0, most);
}

function models(db: Db): Found[] {
  const rows = db.prepare("SELECT name, max(version) AS version FROM models GROUP BY name ORDER BY name").all() as {
    name: string;
    version: number;
  }[];
  return rows.map(({ name, version }) => ({ kind: "model", label: name, hint: `v${version}`, href: `/models/${name}` }));
}

function runs(db: Db, words: readonly string[]): Found[] {
  const text = `id || ' run ' || status || ' ' || "trigger" || ' ' || replace(replace(params, '":"', '='), '"', ' ')`;
  const all = words.map(() => `AND instr(lower(${text}), ?) > 0`).join(" ");
  const rows = db
    .prepare(`SELECT id, status, "trigger", params FROM runs WHERE 1 ${all} ORDER BY started_at DESC LIMIT ${mostRuns}`)
    .all(...words) as { id: string; status: string; trigger: string; params: string }[];
  return rows.map(({ id, status, trigger, params }) => {
    const given = Object.entries(JSON.parse(params) as Record<string, string>).map(([name, value]) => `${name}=${value}`);
    return { kind: "run", label: id, hint: [status, trigger, ...given].join(" "), href: `/runs/${id}` };
  });
}
