import path from "node:path";
import type { Failure } from "../errors.ts";
import type { StepId } from "../model.ts";
import { cleanLines } from "./clean.ts";
import type { Layout } from "./report.ts";

/**
 * GitHub Actions: what a step says is folded under its line once it has ended (steps run side by
 * side and folds cannot), and a failure is marked in the source.
 */
export function actionsLayout(project: string, env: NodeJS.ProcessEnv): Layout {
  const kept = new Map<StepId, string[]>();
  const workspace = env["GITHUB_WORKSPACE"] ?? process.cwd();

  function annotate(failure: Failure): string[] {
    const { place, message, code, remedy, step } = failure;
    const file = place && path.relative(workspace, path.resolve(project, place.file));
    const properties = { file, line: place?.line, col: place?.column, title: step ? `${step}: ${code}` : code };
    const given = Object.entries(properties).flatMap(([key, value]) => (value === undefined ? [] : [`${key}=${escapeProperty(String(value))}`]));
    return [`::error ${given.join(",")}::${escapeData([message, remedy].filter(Boolean).join("\n"))}`];
  }

  function fold(step: StepId, [title = "", ...after]: readonly string[]): string[] {
    const inside = kept.get(step) ?? [];
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
          kept.set(event.step, [...(kept.get(event.step) ?? []), ...safe]);
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
