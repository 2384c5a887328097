import path from "node:path";
import { cellText } from "../cell-text.ts";
import { fail } from "../errors.ts";
import type { CheckedRule, Place } from "../model.ts";
import { quoteIdentifier, quoteString } from "../sql-quote.ts";
import { tableInfo } from "../store/brand.ts";
import { type CheckRules, planRules, type PlannedRule } from "./check-rules.ts";
import { duckdb, type Engine } from "./duckdb.ts";
import { here } from "./here.ts";
import { type Host, perHost } from "./host.ts";
import { keepPending } from "./pending.ts";
import { placeOf } from "./place.ts";
import { scan } from "./render.ts";
import { sqlError } from "./sqlerror.ts";
import { noteMissing, noting } from "./sqlreads.ts";
import type { Table } from "./table.ts";
import { rowsOf } from "./values.ts";

/**
 * Checks a table by rules that DuckDB counts. All rules are looked at; the rows that break one are shown (a few) and kept
 * (all) as a Parquet file.
 *
 * ```ts
 * await check(dataset, {
 *   rows: [1, null],
 *   notNull: ["id", "diagnosis"],
 *   unique: ["id"],
 *   accepted: { diagnosis: ["M", "B"] },
 *   range: { radius_mean: [0, 100] },
 *   that: { "worst ≥ mean": sql`radius_worst >= radius_mean` },
 * });
 * ```
 *
 * @throws E_CHECK naming each broken rule, its count and first rows; nothing with `severity: "warn"`
 */
export function check<Row>(table: Table<Row>, rules: CheckRules<Row>): Promise<void> {
  // A check that was not awaited counts as well.
  return keepPending(here(), checkAll(table, rules, new Error()));
}

/** @param called where `check` was called, for the place of the failure */
async function checkAll<Row>(table: Table<Row>, rules: CheckRules<Row>, called: Error): Promise<void> {
  const info =
    tableInfo(table) ??
    fail("E_USAGE", "check: the first argument is not a Table", { remedy: "await the query first: check(await sql`…`, …)" });
  const host = here();
  const planned = planRules(rules as CheckRules, table.schema, info.rows);
  const engine = await duckdb();
  const name = rules.name ?? "table";
  // Conditions may read files: they are reads of the step as those of any other query.
  const conditions = planned.flatMap(({ failing }) => failing ?? []).map((text) => ({ text, params: [] }));
  const checked = await engine.exclusive(() => noting(engine, host, conditions, () => count(engine, host, scan(info.file), planned)));
  host.emit({ type: "checked", table: name, rules: checked });
  const broken = checked.filter(({ failing }) => failing > 0);
  if (broken.length === 0) return;
  const kept = await engine.exclusive(() => keepFailing(engine, host, scan(info.file), planned, checked));
  const message = `check of ${name}: ${broken.map(describe).join("; ")}`;
  if (rules.severity === "warn") return host.emit({ type: "warning", message });
  fail("E_CHECK", `${message}${samples(broken)}${kept ? `\nall of them: ${kept}` : ""}`, {
    remedy: 'correct the data or the rule; severity: "warn" goes on',
    ...optionalPlace(called),
  });
}

function optionalPlace({ stack }: Error): { place?: Place } {
  const place = placeOf(stack);
  return place ? { place } : {};
}

/** One query counts the rules that look at a row alone; each unique key takes one more. */
async function count(engine: Engine, host: Host, source: string, rules: readonly PlannedRule[]): Promise<CheckedRule[]> {
  const byRow = rules.filter(({ failing }) => failing !== undefined);
  const counts = new Map<PlannedRule, number>(rules.filter(({ count }) => count !== undefined).map((rule) => [rule, rule.count!]));
  if (byRow.length > 0) {
    const selected = byRow.map(({ failing }) => `count(*) FILTER (WHERE ${failing})`);
    const [row] = await query(engine, host, `SELECT ${selected.join(", ")} FROM ${source}`);
    byRow.forEach((rule, index) => counts.set(rule, Number(row![index])));
  }
  for (const rule of rules.filter(({ key }) => key !== undefined)) {
    const [row] = await query(
      engine,
      host,
      `SELECT coalesce(sum(n), 0) FROM (SELECT count(*) AS n FROM ${source} WHERE ${rule.keyed} GROUP BY ${rule.key} HAVING count(*) > 1)`,
    );
    counts.set(rule, Number(row![0]));
  }
  const checked: CheckedRule[] = [];
  for (const rule of rules)
    checked.push({
      rule: rule.rule,
      failing: counts.get(rule)!,
      sample: counts.get(rule)! > 0 ? await sampleOf(engine, source, rule) : [],
    });
  return checked;
}

async function query(engine: Engine, host: Host, text: string): Promise<unknown[][]> {
  try {
    return await (await engine.connection.run(text)).getRows();
  } catch (thrown) {
    noteMissing(host, thrown);
    return sqlError(thrown, { text, start: 0, length: text.length });
  }
}

function failingRows(source: string, rule: PlannedRule): string | undefined {
  if (rule.failing !== undefined) return `FROM ${source} WHERE ${rule.failing}`;
  if (rule.key !== undefined)
    return `FROM ${source} WHERE ${rule.keyed} QUALIFY count(*) OVER (PARTITION BY ${rule.key}) > 1 ORDER BY ${rule.key}`;
  return undefined;
}

async function sampleOf(engine: Engine, source: string, rule: PlannedRule): Promise<Record<string, unknown>[]> {
  const rows = failingRows(source, rule);
  if (!rows) return [];
  return rowsOf(engine.api, await engine.connection.run(`${rows} LIMIT 5`));
}

/** All rows that break a rule, each with the rule's name, in `<step>-failed-<n>.parquet`. */
async function keepFailing(
  engine: Engine,
  host: Host,
  source: string,
  rules: readonly PlannedRule[],
  checked: readonly CheckedRule[],
): Promise<string | undefined> {
  const parts = rules.flatMap((rule, index) => {
    const rows = checked[index]!.failing > 0 ? failingRows(source, rule) : undefined;
    return rows ? [`(SELECT ${quoteString(rule.rule)} AS ${quoteIdentifier("broken rule")}, * FROM (${rows}))`] : [];
  });
  if (parts.length === 0 || host.kept === null) return undefined;
  const file = path.join(host.kept, `${host.step}-failed-${perHost(host, "failed", () => ({ last: 0 })).last++ + 1}.parquet`);
  await engine.connection.run(`COPY (${parts.join(" UNION ALL ")}) TO ${quoteString(file)} (FORMAT parquet, COMPRESSION zstd)`);
  return path.relative(host.project, file);
}

function describe({ rule, failing }: CheckedRule): string {
  return rule.startsWith("rows ") ? rule : `${rule}: ${failing} row${failing === 1 ? "" : "s"}`;
}

function samples(broken: readonly CheckedRule[]): string {
  const lines = broken.flatMap(({ rule, sample }) => sample.slice(0, 3).map((row) => `\n  ${rule} | ${shortRow(row)}`));
  return lines.slice(0, 10).join("");
}

function shortRow(row: Readonly<Record<string, unknown>>): string {
  const text = Object.entries(row)
    .map(([name, value]) => `${name} ${typeof value === "string" ? JSON.stringify(value) : cellText(value)}`)
    .join(", ");
  return text.length > 160 ? `${text.slice(0, 160)}…` : text;
}
