import type { Schedule } from "./define.ts";

/** How late a slot may be seen and still count as on time, in ms. */
export const grace = 60_000;

/** A slot as it enters the ledger. */
export interface Entry {
  readonly slot: number;
  readonly status: "due" | "skipped" | "missed";
  readonly reason: string | null;
}

/** What the ledger holds of a schedule when new slots enter. */
interface Backlog {
  readonly running: boolean;
  readonly due: boolean;
}

/**
 * What becomes of slots that are due now, oldest first: pure, so that it can be compared with a model. Slots that
 * nobody saw in time follow `catchUp`; those on time `overlap`.
 */
export function enterSlots(
  slots: readonly number[],
  now: number,
  { catchUp, overlap }: Pick<Schedule, "catchUp" | "overlap">,
  backlog: Backlog,
): Entry[] {
  const late = slots.filter((slot) => now - slot > grace);
  const caughtUp = new Set(catchUp === "all" ? late : catchUp === "latest" && late.length === slots.length ? late.slice(-1) : []);
  let due = backlog.due || caughtUp.size > 0;
  return slots.map((slot): Entry => {
    if (caughtUp.has(slot)) return { slot, status: "due", reason: null };
    if (now - slot > grace) return { slot, status: "missed", reason: `nobody was there; catchUp is ${catchUp}` };
    if (overlap === "skip" && (backlog.running || due))
      return { slot, status: "skipped", reason: "overlap: the run before it had not ended" };
    if (overlap === "queue" && due) return { slot, status: "skipped", reason: "overlap: one waits already" };
    due = true;
    return { slot, status: "due", reason: null };
  });
}
