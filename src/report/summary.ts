import type { Event, StepOutcome } from "../events.ts";
import type { StepStatus } from "../model.ts";
import { cleanLine } from "./clean.ts";
import { countOf, formatDuration, formatNumber } from "./format.ts";
import type { Colors, Style } from "./style.ts";
import { cut, displayWidth, wrap } from "./width.ts";

type Row = Extract<Event, { type: "row.recorded" }>;
type Model = Extract<Event, { type: "model.saved" }>;
type Finished = Extract<Event, { type: "run.finished" }>;

/** Rows of one table that are shown in full. */
const mostRows = 3;
/** Lines that a row takes at most. */
const rowHeight = 2;
/** Columns in a pipe, where there is no width to fit. */
const pipeWidth = 120;
const metric = /accuracy|precision|recall|f1|auc|score|loss|error|rmse|mae|mse|r2|mape/i;

/** The result of a run: what it recorded, what it saved, how it ended. */
export class Summary {
  #rows: Row[] = [];
  #models: Model[] = [];

  take(event: Event): void {
    if (event.type === "run.started") [this.#rows, this.#models] = [[], []];
    else if (event.type === "row.recorded") this.#rows.push(event);
    else if (event.type === "model.saved") this.#models.push(event);
  }

  lines(finished: Finished, style: Style): string[] {
    const tables = new Map<string, Row[]>();
    for (const row of this.#rows) tables.set(row.table, [...(tables.get(row.table) ?? []), row]);
    return [
      ...[...tables].flatMap(([table, rows]) => tableLines(table, rows, style)),
      ...this.#models.flatMap((model) => modelLines(model, style)),
      ...endLines(finished, style),
    ];
  }
}

function tableLines(table: string, rows: readonly Row[], style: Style): string[] {
  const shown = rows.slice(-mostRows).flatMap(({ row }) => rowLines(table, row, style));
  const hidden = rows.length - Math.min(rows.length, mostRows);
  return hidden > 0 ? [style.colors.dim(cut(`${cleanLine(table)}: ${countOf(hidden, "row")} before these`, style.width)), ...shown] : shown;
}

/** `experiments: test_set_accuracy 0.9708  f1 0.961 …`: metrics first, a beginning that names share is said once. */
function rowLines(table: string, row: Record<string, unknown>, { colors, width }: Style): string[] {
  const entries = Object.entries(row).filter(([, value]) => value !== null && value !== undefined);
  const metrics = entries.filter(([name, value]) => typeof value === "number" && metric.test(name));
  const shown =
    metrics.length > 0 ? metrics : entries.filter(([name]) => !/^(experiment_id|experiment_datetime|run_id|logical_date)$/.test(name));
  const words = shown.map(
    ([name, value], index) => `${colors.dim(cleanLine(withoutShared(name, shown[index - 1]?.[0] ?? "")))} ${valueText(value)}`,
  );
  const room = Math.min(width, pipeWidth);
  const lines = [colors.bold(`${cleanLine(table)}:`)];
  for (const [index, word] of words.entries()) {
    const next = `${lines.at(-1)}${index === 0 ? " " : "  "}${word}`;
    if (displayWidth(next) <= room - 2) lines[lines.length - 1] = next;
    else if (lines.length < rowHeight) lines.push(`  ${word}`);
    else return ended(lines, width);
  }
  return metrics.length > 0 && shown.length < entries.length ? ended(lines, width) : lines.map((line) => cut(line, width));
}

/** More is recorded than is shown. */
function ended(lines: readonly string[], width: number): string[] {
  return [...lines.slice(0, -1), `${lines.at(-1)} …`].map((line) => cut(line, width));
}

function withoutShared(name: string, before: string): string {
  let end = 0;
  for (let index = 0; index < name.length && name[index] === before[index]; index++) if (name[index] === "_") end = index + 1;
  return name.slice(end) || name;
}

function valueText(value: unknown): string {
  if (typeof value === "number" || typeof value === "bigint") return formatNumber(value);
  return cut(cleanLine(typeof value === "string" ? value : (JSON.stringify(value) ?? "")), 24);
}

function modelLines({ name, version, path, existed }: Model, { colors, width }: Style): string[] {
  const line = `${colors.bold("model")} ${cleanLine(name)} v${version} ${colors.dim("→")} ${cleanLine(path)}`;
  return hanging(existed ? `${line} ${colors.dim("unchanged")}` : line, width);
}

function endLines({ status, steps, ms }: Finished, { colors, width }: Style): string[] {
  const failed = steps.filter((step) => step.status === "failed").map(({ step }) => cleanLine(step));
  const stopped = status === "cancelled" || status === "interrupted" ? `${colors.yellow(colors.bold(`${status}:`))} ` : "";
  return [
    ...(failed.length > 0 ? hanging(`${colors.red(colors.bold("failed:"))} ${failed.join(", ")}`, width) : []),
    ...hanging(`${stopped}${colors.bold(`${countOf(steps.length, "step")}:`)} ${counts(steps, colors)} in ${formatDuration(ms)}`, width),
  ];
}

/** The result is not cut: it goes on in the next row. */
function hanging(line: string, width: number): string[] {
  return wrap(line, width - 2).map((row, index) => (index === 0 ? row : `  ${row}`));
}

function counts(steps: readonly StepOutcome[], colors: Colors): string {
  const words: [StepStatus, string, (text: string) => string][] = [
    ["ran", "ran", colors.green],
    ["cached", "reused", String],
    ["failed", "failed", colors.red],
    ["skipped", "skipped", String],
    ["cancelled", "cancelled", colors.yellow],
  ];
  const parts = words.flatMap(([status, word, paint]) => {
    const count = steps.filter((step) => step.status === status).length;
    return count > 0 ? [paint(`${count} ${word}`)] : [];
  });
  return parts.join(", ") || "nothing to do";
}
