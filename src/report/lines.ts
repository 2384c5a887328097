import { cellText } from "../cell-text.ts";
import type { Failure } from "../errors.ts";
import { type Event, unreachable } from "../events.ts";
import type { CheckedRule, Reason, StepId } from "../model.ts";
import { cleanLine, cleanLines, cleanOutput } from "./clean.ts";
import { displayLines } from "./display.ts";
import { formatFailure } from "./failure.ts";
import { countOf, formatDuration, formatElapsed, formatTime } from "./format.ts";
import type { Style } from "./style.ts";
import { cut, displayWidth, fill, wrap } from "./width.ts";

/** What the lines of an event need to know beside it. */
interface Around {
  readonly style: Style;
  /** Columns that names are filled up to. */
  readonly names: number;
  /** Why a running step runs. */
  reasonOf(step: StepId): Reason | undefined;
}

/** A printed line goes on for so many rows of the terminal; the log has all of it. */
const mostRows = 8;
/** Failing rows of a rule that are shown. */
const mostSamples = 3;

/** What stays on the screen of an event, in a terminal and in a pipe alike. */
export function linesOf(event: Event, around: Around): string[] {
  const { style } = around;
  const { colors } = style;
  switch (event.type) {
    case "run.started":
      return [cut(colors.dim(heading(event)), style.width)];
    case "run.waiting":
      return warning(
        `another runner works in this folder (process ${event.owner.pid}, since ${formatTime(event.owner.since)}): waiting for it`,
        style,
      );
    case "watch.waiting":
      return [cut(colors.dim(`watching ${countOf(event.files, "file")}, Ctrl-C ends`), style.width)];
    case "run.recovered":
      return warning(
        `${countOf(event.runs.length, "run")} ended without a word (${event.runs.join(", ")}): what finished in them is kept`,
        style,
      );
    case "step.started":
    case "step.progress":
    case "row.recorded":
    case "model.saved":
    case "run.finished":
      return []; // told while it lasts, or in the summary
    case "step.reused":
      return [
        status(event.step, colors.dim("="), colors.dim("reused"), event.reason.code === "unchanged" ? "" : event.reason.text, around),
      ];
    case "step.output":
      return gutter(event.step, wrap(cleanOutput(event.line, colors.isColorSupported), inner(event.step, style), mostRows), style);
    case "step.displayed":
      return gutter(event.step, displayLines(event.bundle, { ...style, width: inner(event.step, style) }), style);
    case "step.checked":
      return gutter(event.step, checkLines(event.table, event.rules, { ...style, width: inner(event.step, style) }), style);
    case "step.warned":
      return warning(`${event.step}: ${event.message}`, style);
    case "run.warned":
      return warning(event.message, style);
    case "step.retrying":
      return [
        status(
          event.step,
          colors.yellow("↻"),
          `in ${event.in < 1000 ? formatDuration(event.in) : formatElapsed(event.in)}`,
          `attempt ${event.attempt}: ${firstLine(event.failure)}`,
          around,
        ),
      ];
    case "step.ran":
      return [status(event.step, colors.green("✓"), formatDuration(event.ms), ranNote(event, around), around)];
    case "step.failed":
      return [
        status(event.step, colors.red("✗"), formatDuration(event.ms), event.attempts > 1 ? countOf(event.attempts, "attempt") : "", around),
        ...failureLines(event.failure, style),
      ];
    case "step.skipped":
      return [status(event.step, colors.dim("–"), colors.dim("skipped"), event.reason.text, around)];
    case "step.cancelled":
      return [status(event.step, colors.yellow("■"), colors.dim("cancelled"), `after ${formatDuration(event.ms)}`, around)];
    default:
      return unreachable(event);
  }
}

/** Columns for names: as the longest, but a third of the line at most. */
export function nameColumns(steps: readonly StepId[], { width }: Style): number {
  return Math.min(Math.max(0, ...steps.map((step) => displayWidth(cleanLine(step)))), Math.max(8, Math.floor(width / 3)), 40);
}

/** The failure below the line of its step. */
export function failureLines(failure: Failure, { colors, width, project }: Style): string[] {
  const text = formatFailure(failure, colors, { project, width: width - 2 });
  return ["", ...text.split("\n").map((line) => `  ${line}`), ""];
}

function heading({ run, steps, params, info }: Extract<Event, { type: "run.started" }>): string {
  const given = Object.entries(params).map(([name, value]) => `${name}=${value}`);
  const why = info.trigger === "manual" ? [] : [`${info.trigger} for ${info.logicalDate}`];
  return cleanLine([`run ${run}`, countOf(steps.length, "step"), ...why, ...given].join(" · "));
}

function status(step: StepId, mark: string, time: string, note: string, { style, names }: Around): string {
  const text = `${mark} ${fill(cleanLine(step), names)}  ${timeColumn(time, style)}`;
  return cut(note === "" ? text : `${text}  ${style.colors.dim(cleanLine(note))}`, style.width);
}

/** Times stand below each other; a narrow terminal has better use for the space. */
export function timeColumn(time: string, { width }: Style): string {
  const columns = width < 60 ? 7 : 9;
  return displayWidth(time) > columns ? time : fill(time, columns, "right");
}

function ranNote({ step, attempts, changed, artifacts }: Extract<Event, { type: "step.ran" }>, around: Around): string {
  const same = changed.length === 0 && Object.keys(artifacts).length > 0;
  const parts = [around.reasonOf(step)?.text, attempts > 1 ? countOf(attempts, "attempt") : "", same ? "same result" : ""];
  return parts.filter((part) => part).join(" · ");
}

/** `20_split │ …`: what a step says, below its name. */
function gutter(step: StepId, lines: readonly string[], { colors, width }: Style): string[] {
  const prefix = `  ${gutterName(step, width)} │ `;
  return lines.map((line) => `${colors.dim(line === "" ? prefix.trimEnd() : prefix)}${line}`);
}

function gutterName(step: StepId, width: number): string {
  return cut(cleanLine(step), Math.max(8, Math.floor(width / 3)));
}

function inner(step: StepId, { width }: Style): number {
  return width - displayWidth(gutterName(step, width)) - 5;
}

function warning(text: string, { colors, width }: Style): string[] {
  const rows = cleanLines(text)
    .slice(0, mostRows)
    .flatMap((line) => wrap(line, width - 2, mostRows));
  return rows.map((row, index) => (index === 0 ? `${colors.yellow("!")} ${row}` : `  ${row}`));
}

function checkLines(table: string, rules: readonly CheckedRule[], { colors, width }: Style): string[] {
  const failing = rules.filter((rule) => rule.failing > 0);
  const name = cleanLine(table) === "" ? "check" : `check ${cleanLine(table)}`;
  if (failing.length === 0)
    return [cut(colors.dim(`${name}: ${rules.length === 1 ? "its rule holds" : `all ${rules.length} rules hold`}`), width)];
  const lines = failing.flatMap((rule) => [
    `  ${colors.red("✗")} ${cleanLine(rule.rule)}: ${countOf(rule.failing, "row")}`,
    ...rule.sample.slice(0, mostSamples).map((row) => colors.dim(`      ${sampleText(row)}`)),
  ]);
  return [`${name}: ${failing.length} of ${countOf(rules.length, "rule")} failed`, ...lines].map((line) => cut(line, width));
}

function sampleText(row: Record<string, unknown>): string {
  return Object.entries(row)
    .map(([key, value]) => `${cleanLine(key)} ${cleanLine(cellText(value))}`)
    .join("  ");
}

function firstLine({ message }: Failure): string {
  return cleanLine(message.split("\n", 1)[0] ?? "");
}
