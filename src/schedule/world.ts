import { thisWorker, type Worker } from "../record/slots.ts";
import { attemptSlot } from "./attempt.ts";

/** What the scheduler has of the world: the real one, or that of a model. */
export interface World {
  now(): number;
  readonly worker: Worker;
  readonly attempt: typeof attemptSlot;
  /** The end of a run could not be written: this scheduler ends, and the next one takes the slot up. */
  broken(error: unknown): void;
}

export const realWorld: World = {
  now: Date.now,
  worker: thisWorker(),
  attempt: attemptSlot,
  broken(error) {
    throw error;
  },
};
