import path from "node:path";
import { realOf } from "../kernel-path.ts";
import type { Step, StepId, Written } from "../model.ts";
import type { KeptRecord } from "../record/records.ts";
import { digestOf } from "../store/digest.ts";

/** What a lower step wrote and another one read. */
export interface Handed {
  readonly from: StepId;
  readonly path: string;
}

/** Says which steps must have ended before a step starts. */
export class Order {
  readonly #steps: readonly Step[];
  readonly #unwired: readonly Step[];
  readonly #byId: ReadonlyMap<StepId, Step>;
  /** Where a place really lies. */
  readonly #real: (place: string) => string;
  /** File, or folder with a slash for what lies in it, as it really lies → steps that wrote there when they last ran. */
  readonly #writers = new Map<string, Set<StepId>>();
  /** File → steps that wrote it as a whole. */
  readonly #makers = new Map<string, Set<StepId>>();
  /** Step → where it wrote. */
  readonly #outputs = new Map<StepId, readonly string[]>();
  /** Step → where it read when it last ran. */
  readonly #inputs = new Map<StepId, readonly string[]>();
  /** Place, as it really lies → steps that read there. */
  readonly #readers = new Map<string, Set<StepId>>();
  /** Folder, as it really lies → steps that removed all in it. */
  readonly #emptiers = new Map<string, Set<StepId>>();
  /** Step → files that it wrote, added to or removed, and the folders in which that shows. */
  readonly #changed = new Map<StepId, readonly string[]>();

  /** @param recordOf what shows where a step reads and writes, relative to the project */
  constructor(project: string, steps: readonly Step[], recordOf: (step: Step) => KeptRecord | undefined) {
    this.#steps = steps;
    this.#unwired = steps.filter((step) => step.unwired);
    this.#byId = new Map(steps.map((step) => [step.id, step]));
    this.#real = realPlaces(project);
    for (const step of steps) this.#look(step, recordOf(step));
  }

  #look({ id }: Step, record: KeptRecord | undefined): void {
    const placesIn = (of: (record: KeptRecord) => string[]) => (record ? of(record) : []);
    const note = (steps: Map<string, Set<StepId>>, places: readonly string[]) => {
      for (const real of places.map(this.#real)) steps.set(real, (steps.get(real) ?? new Set()).add(id));
      return places;
    };
    note(this.#writers, placesIn(placesWritten));
    note(this.#makers, placesIn(filesMade));
    note(this.#emptiers, placesIn(placesEmptied));
    this.#inputs.set(id, note(this.#readers, placesIn(placesRead)));
    this.#outputs.set(id, placesIn(filesWritten));
    this.#changed.set(id, placesIn(placesChanged));
  }

  /** What lower-numbered steps wrote and the step read, or wrote over or added to, as their records show. */
  handedTo(step: Step): Handed[] {
    const from = (steps: ReadonlyMap<string, ReadonlySet<StepId>>) => (place: string) =>
      [...(steps.get(this.#real(place)) ?? [])].map((from) => ({ from, path: place.replace(/\/$/, "") }));
    const written = [
      ...this.#inputs.get(step.id)!.flatMap(from(this.#writers)),
      ...this.#outputs.get(step.id)!.flatMap(from(this.#makers)),
    ];
    return written.filter(({ from }) => this.#byId.get(from)!.number < step.number);
  }

  /** Steps that read, when they last ran, what this one changes, or that empty its folder: a lower one does so before that. */
  #disturbed(step: Step): StepId[] {
    const places = this.#changed.get(step.id)!.map(this.#real);
    const readers = places.flatMap((place) => [...(this.#readers.get(place) ?? [])]);
    if (this.#emptiers.size === 0) return readers;
    return [...readers, ...places.flatMap(foldersAbove).flatMap((folder) => [...(this.#emptiers.get(folder) ?? [])])];
  }

  /**
   * Of the lower-numbered steps: those that it imports; those that wrote what it read, and those that read or clear away what it writes,
   * as their records show; and, so that plain numbered scripts work as they are, all of them around an unwired script.
   */
  waitsFor(step: Step): StepId[] {
    const needed = new Set([
      ...step.edges.map(({ from }) => from),
      ...this.handedTo(step).map(({ from }) => from),
      ...this.#disturbed(step),
    ]);
    const candidates = step.unwired ? this.#steps : [...this.#unwired, ...[...needed].flatMap((id) => this.#byId.get(id) ?? [])];
    return [...new Set(candidates)].filter((other) => other.number < step.number).map((other) => other.id);
  }
}

/** By where folders lie now: two steps may know a file by several paths, as where one writes it and has a link lead to it. */
function realPlaces(project: string): (place: string) => string {
  const known = new Map<string, string>();
  const real = (folder: string): string => {
    const found = known.get(folder) ?? realOf(path.resolve(project, folder));
    known.set(folder, found);
    return found;
  };
  return (place) =>
    place.length > 1 && place.endsWith("/") ? `${real(place.slice(0, -1))}/` : path.join(real(path.dirname(place)), path.basename(place));
}

/** A listing is another one where a file came into the folder, and a model where it has another version. */
function placesWritten({ written, effects }: KeptRecord): string[] {
  const files = written.flatMap((file) => [file.path, `${path.posix.dirname(file.path)}/`]);
  return [...files, ...effects.flatMap((effect) => (effect.kind === "model" ? [`models/${effect.name}/`] : []))];
}

/** Files that it wrote as a whole, or removed: whoever writes one of them, or adds to it, has to come after it. */
function filesMade({ written }: KeptRecord): string[] {
  return written.filter((output) => !output.appended && !isFolder(output)).map((output) => output.path);
}

/** Files that it wrote or added to. */
function filesWritten({ written }: KeptRecord): string[] {
  return written.filter((output) => output.digest !== null && !isFolder(output)).map((output) => output.path);
}

/** Where it shows that a step was there: a lower one that looked there looked before that. */
function placesChanged({ written }: KeptRecord): string[] {
  const files = written.filter((output) => !isFolder(output)).map((output) => output.path);
  return files.flatMap((file) => [file, `${path.posix.dirname(file)}/`]);
}

/** Folders that it cleared, and what is gone altogether. */
function placesEmptied({ written }: KeptRecord): string[] {
  return written.filter(({ digest, beside }) => digest === null || beside !== undefined).map((output) => output.path);
}

function foldersAbove(file: string): string[] {
  const above: string[] = [];
  for (let folder = path.dirname(file); folder !== path.dirname(folder); folder = path.dirname(folder)) above.push(folder);
  return above;
}

/** Many steps make the same folder. */
function isFolder({ path: file, digest }: Written): boolean {
  return digest === digestOf(`folder ${path.posix.basename(file)}`);
}

function placesRead({ reads }: KeptRecord): string[] {
  return reads.flatMap(({ kind, name }) => {
    if (kind === "folder") return [name, `${name}/`];
    if (kind === "match") return [`${path.posix.dirname(name)}/`];
    return kind === "file" || kind === "exists" || kind === "stat" ? [name] : [];
  });
}
