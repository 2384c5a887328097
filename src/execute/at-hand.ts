import path from "node:path";
import type { Inputs } from "./inputs.ts";
import type { Noting } from "./noting.ts";
import type { Observer } from "./observer.ts";
import type { Job } from "./protocol.ts";

/** The step that this process runs; none while it gets ready, and between two steps. */
interface AtHand {
  readonly job: Job;
  readonly notes: Noting;
  readonly inputs: Inputs;
}

let at: AtHand | undefined;

/** The step whose script was asked for already: many ask again for each row that they work on. */
let told: AtHand | undefined;

/** The step at hand, where there must be one. */
export const atHand = (): AtHand => at!;

/** From here on what is seen of the process is this step's. */
export function take(step: AtHand | undefined): void {
  at = step;
}

/** Tells of the step at hand what is seen of the process. */
export const watching: Observer = {
  path: (kind, file) => at?.notes.path(kind, file),
  written: (file) => at?.notes.written(file),
  appended: (file) => at?.notes.appended(file),
  made: (folder) => at?.notes.made(folder),
  emptied: (folder) => at?.notes.emptied(folder),
  linked: (link) => at?.notes.linked(link),
  env: (name) => at?.notes.env(name),
  sets: (name) => at?.notes.sets(name),
  machine: (name) => at?.notes.machine(name),
  script() {
    if (at === undefined || told === at) return;
    told = at;
    at.notes.machine("project");
    at.notes.path("exists", path.join(at.job.project, at.job.file));
  },
  opaque: (kind, what) => at?.notes.opaque(kind, what),
  marked: () => at?.notes.marked(),
};
