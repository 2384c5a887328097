import type { RunStatus } from "../../model.ts";
import type { SlotRow } from "../../record/slots.ts";
import { html, type Html } from "../html.ts";

/** What a step is in the eyes of a reader; earlier: it took no part in the run, and what it left in one before is shown. */
export type CellState =
  "waiting" | "running" | "retrying" | "ran" | "reused" | "failed" | "skipped" | "cancelled" | "stale" | "earlier" | "never";

type SlotStatus = SlotRow["status"];

export const signs: Readonly<Record<CellState | RunStatus | SlotStatus, string>> = {
  waiting: "○",
  running: "●",
  retrying: "↻",
  ran: "✓",
  reused: "=",
  failed: "✕",
  skipped: "–",
  cancelled: "◌",
  stale: "△",
  earlier: "←",
  never: "·",
  succeeded: "✓",
  interrupted: "◌",
  due: "○",
  missed: "△",
};

/** A state as a word with its sign: colour alone tells nothing to some eyes. */
export function badge(state: CellState | RunStatus | SlotStatus, title?: string): Html {
  return html`<span class="badge s-${state}"${title !== undefined && html` title="${title}"`}><span class="sign" aria-hidden="true">${signs[state]}</span>${state === "never" ? "not run" : state}</span>`;
}
