import { cleanLine } from "./clean.ts";
import { formatCount, formatElapsed } from "./format.ts";
import { timeColumn } from "./lines.ts";
import { type Progress, type RunningStep, timeLeft } from "./running.ts";
import type { Style } from "./style.ts";
import { cut, displayWidth, fill } from "./width.ts";

const frames = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏";
const widestBar = 24;
const narrowestBar = 6;

/** The line of a running step: `⠹ 30_tune   4 s  ━━━━━━───────  12/29 components, 6 s left`. */
export function runningLine(running: RunningStep, now: number, names: number, style: Style): string {
  const { colors, width } = style;
  const { step, since, reason, waitsFor, progress } = running;
  const spinner = frames[Math.floor(now / 100) % frames.length]!;
  const head = `${colors.cyan(spinner)} ${fill(cleanLine(step), names)}  ${timeColumn(formatElapsed(now - since), style)}`;
  if (waitsFor !== undefined) return cut(`${head}  ${colors.dim(`waits for attempt ${waitsFor}`)}`, width);
  if (!progress) return cut(`${head}  ${colors.dim(cleanLine(reason.text))}`, width);
  const words = progressWords(progress, now);
  const room = Math.min(widestBar, width - displayWidth(head) - displayWidth(words) - 4);
  const bar = progress.total !== null && room >= narrowestBar ? `  ${drawBar(progress.done, progress.total, room, colors)}` : "";
  return cut(`${head}${bar}  ${words}`, width);
}

/** `12/29 components, 6 s left`. */
function progressWords(progress: Progress, now: number): string {
  const left = timeLeft(progress, now);
  return `${progressCount(progress)}${progress.label ? ` ${cleanLine(progress.label)}` : ""}${left === undefined ? "" : `, ${formatElapsed(left)} left`}`;
}

export function progressCount({ done, total }: Progress): string {
  return total === null ? formatCount(done) : `${formatCount(done)}/${formatCount(total)}`;
}

function drawBar(done: number, total: number, width: number, colors: Style["colors"]): string {
  const share = total > 0 ? Math.min(1, Math.max(0, done / total)) : 1;
  const full = Math.floor(share * width);
  return colors.cyan("━".repeat(full)) + colors.dim("─".repeat(width - full));
}
