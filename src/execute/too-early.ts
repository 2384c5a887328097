import type { Emit } from "../events.ts";
import type { Step, StepId } from "../model.ts";
import type { Knowledge } from "../plan/decide.ts";
import { type Handed, Order } from "../plan/order.ts";
import type { KeptRecord } from "../record/records.ts";

/** How a run went. */
interface Walked {
  readonly run: string;
  readonly steps: readonly Step[];
  /** Step → those for which it waited. */
  readonly before: ReadonlyMap<StepId, readonly StepId[]>;
  /** The records of the steps that ended well. */
  readonly records: ReadonlyMap<StepId, KeptRecord>;
  readonly executed: ReadonlySet<StepId>;
}

/**
 * That a step writes what another one reads is known when both have a record: before that, as after the writer was renamed, nothing
 * lets the reader wait. Where it read what was there before, the run says so; the next one knows their order.
 */
export async function warnOfTooEarly({ run, steps, before, records, executed }: Walked, { world }: Knowledge, emit: Emit): Promise<void> {
  if (![...executed].some((id) => (records.get(id)?.written.length ?? 0) > 0)) return;
  const order = new Order(world.project, steps, ({ id }) => records.get(id));
  for (const step of steps) {
    const waited = allBefore(step.id, before);
    const late = order.handedTo(step).find(({ from }) => executed.has(from) && !waited.has(from));
    if (late && (await hasChanged(records.get(step.id)!, world)))
      emit({ type: "step.warned", run, step: step.id, message: tooEarly(late) });
  }
}

function tooEarly({ from, path }: Handed): string {
  return `it did not know that ${from} writes ${path}, and read it before that: its result is of what was there; run again, or import ${from}`;
}

function allBefore(step: StepId, before: ReadonlyMap<StepId, readonly StepId[]>): ReadonlySet<StepId> {
  const all = new Set(before.get(step));
  for (const id of all) for (const earlier of before.get(id) ?? []) all.add(earlier);
  return all;
}

const ofFiles = /^(?:file|stat|exists|folder|match)$/;

async function hasChanged({ reads }: KeptRecord, world: Knowledge["world"]): Promise<boolean> {
  for (const read of reads) if (ofFiles.test(read.kind) && (await world.digest(read)) !== read.digest) return true;
  return false;
}
