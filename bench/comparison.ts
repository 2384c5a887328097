import type { Site } from "./site.ts";

/** What one turn of a contender gave. */
export interface Sample {
  readonly ms: number;
  /** Peak memory in MB, where it is watched. */
  readonly mb?: number;
  /** How many steps ran, where that is told. */
  readonly steps?: number;
}

/** One of those that take turns at the same work. */
export interface Contender {
  readonly name: string;
  /** ours: what is judged; floor: what the machine asks at least, the first one is what ratios are of; peer: another tool. */
  readonly role: "ours" | "floor" | "peer";
  /** How many turns it takes at most; one in each round where left out. */
  readonly turns?: number;
  turn(): Sample | Promise<Sample>;
}

/** A tool that would take part and is not on this machine. */
export interface Absent {
  readonly name: string;
  readonly why: string;
}

/** The same work done by several, in turn, so that a noisy machine hits them alike. */
export interface Comparison {
  /** What `--only` finds it by. */
  readonly name: string;
  /** The work in words, as the table tells it. */
  readonly title: string;
  readonly rounds: { readonly full: number; readonly quick: number };
  /** What it needs takes long to make: a quick run leaves it out, unless it is asked for all. */
  readonly slow?: boolean;
  /** Makes all that the turns need. What it starts or writes lies in the site's folder, which is removed at the end. */
  prepare(site: Site): Promise<Prepared>;
}

export interface Prepared {
  readonly contenders: readonly Contender[];
  readonly absent?: readonly Absent[];
  readonly goals: readonly Goal[];
  /** Ends what `prepare` started. */
  finish?(): Promise<void> | void;
}

/** What must hold between the contenders. */
export interface Goal {
  readonly says: string;
  /** The figure, and whether it is good enough; undefined where one of those that it compares is not there. */
  judge(entries: readonly Entry[]): { readonly figure: string; readonly met: boolean } | undefined;
}

/** A goal as it came out; `met` is undefined where it could not be judged. */
export interface Verdict {
  readonly says: string;
  readonly figure: string;
  readonly met: boolean | undefined;
}

/** A contender and its turns, in the order of the rounds. */
export interface Entry {
  readonly contender: Contender;
  readonly samples: readonly Sample[];
}

/** What a comparison came to. */
export interface Result {
  readonly comparison: Comparison;
  readonly entries: readonly Entry[];
  readonly absent: readonly Absent[];
  readonly verdicts: readonly Verdict[];
}
