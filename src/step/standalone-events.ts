import { inspect } from "node:util";
import { tableInfo } from "../store/brand.ts";
import type { StagedEffect, StepEvent } from "./host.ts";

/** A step's events on stderr, for a run without a runner. */
export function showEvent(event: StepEvent): void {
  switch (event.type) {
    case "progress":
      return showProgress(event);
    case "display":
      return say(
        String(event.bundle["text/plain"] ?? event.bundle["text/markdown"] ?? `shown as ${Object.keys(event.bundle).join(", ")}`).trim(),
      );
    case "effect":
      return say(describeEffect(event.effect));
    case "checked":
      for (const rule of event.rules) if (rule.failing > 0) say(`check ${event.table}: ${rule.rule}: ${rule.failing} failing`);
      return;
    case "warning":
      return say(`warning: ${event.message}`);
  }
}

function describeEffect(effect: StagedEffect): string {
  const how = "(standalone: shown, not done; the runner does it)";
  if (effect.kind === "record") return `would record into ${effect.table}: ${inspect(effect.row, { breakLength: Infinity })} ${how}`;
  if (effect.kind === "table") return `would mirror ${tableInfo(effect.rows)?.rows ?? 0} rows to the Postgres table ${effect.table} ${how}`;
  return `would save model ${effect.name}: ${inspect(effect.card.value, { depth: 2, breakLength: Infinity })} ${how}`;
}

function showProgress({ label, done, total }: Extract<StepEvent, { type: "progress" }>): void {
  if (!process.stderr.isTTY) return;
  const share = total ? ` ${Math.floor((100 * done) / total)}%` : "";
  const end = total !== null && done >= total ? "\n" : "";
  process.stderr.write(`\r\x1b[K${label || "progress"}: ${done}${total === null ? "" : ` of ${total}`}${share}${end}`);
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
