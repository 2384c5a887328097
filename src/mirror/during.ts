import type { Emit, Event } from "../events.ts";
import { Shipper } from "./shipper.ts";

type Finished = Extract<Event, { type: "run.finished" }>;

/** What a run may wait at its end for the mirror, in ms: for each of its steps, and in all. What is left waits for the next one. */
const patience = { perStep: 100, most: 1_500 };

/**
 * Mirrors while a run goes on: after each commit, and briefly at its end. The run's outcome is its own, whatever
 * becomes of the mirror.
 */
export async function mirrorDuring(project: string, url: string, emit: Emit, run: (emit: Emit) => Promise<Finished>): Promise<Finished> {
  let id = "";
  const warn = (message: string) => emit({ type: "run.warned", run: id, message });
  let shipper: Shipper | undefined;
  let last: Finished | undefined;
  const listen: Emit = (event) => {
    // Told when the mirror has said what it has to say: nothing follows the end of a run.
    if (event.type === "run.finished") return void (last = event);
    emit(event);
    if (event.type === "run.started") {
      id = event.run;
      shipper = new Shipper(project, url, warn);
      shipper.poke();
    }
    if (event.type === "step.ran" || event.type === "step.reused") shipper?.poke();
  };
  try {
    return await run(listen);
  } finally {
    const left = await shipper?.finish(Math.min(patience.most, patience.perStep * Math.max(1, last?.steps.length ?? 1)));
    if (left !== undefined) warn(left);
    if (last) emit(last);
  }
}
