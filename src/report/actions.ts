import path from "node:path";
import type { Failure } from "../errors.ts";
import type { StepId } from "../model.ts";
import { cleanLines } from "./clean.ts";
import { countOf } from "./format.ts";
import type { Layout } from "./report.ts";

/** Of what a step says so many lines at least are kept until it ends. */
const mostLines = 10_000;

/**
 * GitHub Actions: what a step says is folded under its line once it has ended (steps run side by
 * side and folds cannot), and a failure is marked in the source.
 */
export function actionsLayout(project: string, env: NodeJS.ProcessEnv): Layout {
  const kept = new Map<StepId, { lines: string[]; dropped: number }>();
  const workspace = env["GITHUB_WORKSPACE"] ?? process.cwd();

  function annotate(failure: Failure): string[] {
    const { place, message, code, remedy, step } = failure;
    const file = place && path.relative(workspace, path.resolve(project, place.file));
    const properties = { file, line: place?.line, col: place?.column, title: step ? `${step}: ${code}` : code };
    const given = Object.entries(properties).flatMap(([key, value]) =>
      value === undefined ? [] : [`${key}=${escapeProperty(String(value))}`],
    );
    return [`::error ${given.join(",")}::${escapeData([message, remedy].filter(Boolean).join("\n"))}`];
  }

  function keep(step: StepId, more: readonly string[]): void {
    const all = kept.get(step) ?? { lines: [], dropped: 0 };
    kept.set(step, all);
    for (const line of more) all.lines.push(line);
    if (all.lines.length < 2 * mostLines) return;
    all.dropped += all.lines.splice(0, all.lines.length - mostLines).length;
  }

  function fold(step: StepId, [title = "", ...after]: readonly string[]): string[] {
    const { lines, dropped } = kept.get(step) ?? { lines: [], dropped: 0 };
    const inside = dropped === 0 ? lines : [`    ${countOf(dropped, "line")} before these`, ...lines];
    kept.delete(step);
    return inside.length === 0 ? [title, ...after] : [`::group::${title}`, ...inside, "::endgroup::", ...after];
  }

  return {
    lines(event, lines) {
      const safe = lines.map(disarm);
      switch (event.type) {
        case "step.output":
        case "step.displayed":
        case "step.checked":
          keep(event.step, safe);
          return [];
        case "step.failed":
          return [...fold(event.step, safe), ...annotate(event.failure)];
        case "step.ran":
        case "step.skipped":
        case "step.cancelled":
          return fold(event.step, safe);
        default:
          return safe;
      }
    },
    failure: annotate,
    rest: () => [...kept.keys()].flatMap((step) => fold(step, [`  ${step}`])),
    result: disarm,
  };
}

/** A step's text must not command the runner of the workflow: `::…` at the start of a line, `##[…]` anywhere. */
function disarm(line: string): string {
  return line.replace(/^(\s*):(?=:)/, "$1: ").replaceAll("##[", "## [");
}

function escapeData(text: string): string {
  return cleanLines(text.replaceAll("%", "%25")).join("%0A").replaceAll("##[", "## [");
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
