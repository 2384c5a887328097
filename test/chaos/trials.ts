import { appendFileSync } from "node:fs";
import { budgetOf, type RowId, rows } from "./sizes.ts";

/** Set by `npm run test:chaos`: the minutes that all rows may take together, and where they report. */
const minutes = process.env["CHAOS_MINUTES"] === undefined ? null : Number(process.env["CHAOS_MINUTES"]);
const report = process.env["CHAOS_REPORT"];

export const isRelease = minutes !== null;
/** Which of the processes that do a row's trials together this one is. */
export const part = Number(process.env["CHAOS_PART"] ?? 0);
/** The same trials at every push; `npm run test:chaos` takes new ones. */
export const seed = Number(process.env["CHAOS_SEED"] ?? 668385398);

/** No more than this many failures of a row are looked at: the first ones tell enough. */
const mostFailures = 3;

/** What is told of a row, or of a sabotage: a line of the report. */
export type Line =
  | {
      readonly kind: "row";
      readonly row: RowId;
      readonly trials: number;
      readonly failures: number;
      readonly ms: number;
      readonly note: string;
      readonly first: string | null;
    }
  | { readonly kind: "impossible"; readonly row: RowId; readonly why: string }
  | { readonly kind: "sabotage"; readonly name: string; readonly caught: boolean; readonly by: string }
  | { readonly kind: "rival"; readonly name: string; readonly trials: number; readonly served: number; readonly note: string };

export function tell(line: Line): void {
  if (report !== undefined) appendFileSync(report, `${JSON.stringify(line)}\n`);
  else if (line.kind === "impossible") console.warn(`NOT POSSIBLE HERE: ${rows[line.row].fault}: ${line.why}`);
}

export type Random = () => number;

/** What a row is told about how it was done; may grow while the trials go on. */
export interface Notes {
  readonly random: Random;
  note: string;
}

/**
 * Does a row's trials, one after the other, until their number or the row's share of the time is reached, and reports
 * them. A trial fails by throwing; then so does this, but in a release, which reads the report: other rows go on.
 * @param most how many there are, where that is less than the row's size
 */
export async function trials(id: RowId, one: (nth: number, notes: Notes) => Promise<void> | void, most = Infinity): Promise<void> {
  const startedAt = performance.now();
  const wanted = Math.min(most, isRelease ? rows[id].release : rows[id].quick);
  if (most === 0) throw new Error(`${id}: there is nothing to try`);
  const notes: Notes = { random: randomFrom(seed + id.length * 7919 + id.charCodeAt(0)), note: "" };
  const failures: unknown[] = [];
  let done = 0;
  while (done < wanted && failures.length < mostFailures && (done === 0 || performance.now() - startedAt < budget(id, startedAt))) {
    try {
      await one(done, notes);
    } catch (error) {
      failures.push(error);
      if (!isRelease) break;
    }
    done++;
  }
  const first = failures.length === 0 ? null : messageOf(failures[0]);
  tell({
    kind: "row",
    row: id,
    trials: done,
    failures: failures.length,
    ms: Math.round(performance.now() - startedAt),
    note: notes.note,
    first,
  });
  if (failures.length > 0 && !isRelease) throw failures[0];
}

/** In ms. The oracle may be told when the release ends, to use what time is left. */
function budget(id: RowId, startedAt: number): number {
  const until = Number(process.env["CHAOS_UNTIL"] ?? NaN);
  if (id === "oracle" && !Number.isNaN(until)) return until - Date.now() + (performance.now() - startedAt);
  return minutes === null ? Infinity : budgetOf(id, minutes);
}

export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}\n${messageOf(error.cause)}`;
}

/** Numbers in [0, 1), the same for the same seed (mulberry32). */
export function randomFrom(start: number): Random {
  let state = start >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** All of them, in random order. */
export function shuffled<T>(all: readonly T[], random: Random): T[] {
  const left = [...all];
  for (let i = left.length - 1; i > 0; i--) {
    const other = Math.floor(random() * (i + 1));
    [left[i], left[other]] = [left[other]!, left[i]!];
  }
  return left;
}

/** A row's trials need the machine's leave. @returns whether they can be done */
export function possible(id: RowId, why: string | null): boolean {
  if (why !== null) tell({ kind: "impossible", row: id, why });
  return why === null;
}
