/**
 * Faults that the tests put into the engine, to prove that they would be noticed: the command that the tests build takes
 * one by `STEPBOOK_SABOTAGE=no-dir-fsync`. Each stands in a statement with the label `SABOTAGE`, which every other build
 * leaves out, and this file with it.
 * @internal
 */
export type Sabotage =
  | "no-dir-fsync" // a new name is not synced: gone after a power cut
  | "no-file-fsync" // nor are a file's bytes
  | "sqlite-normal" // commits survive a crash, no power cut
  | "write-in-place" // published by writing, not by renaming: a reader may find half of it
  | "no-digest-check" // what lies in the store is served as it is
  | "no-record-check" // and so is a record
  | "no-lifeline" // steps outlive a killed runner
  | "lock-ignored" // two runners at once
  | "commit-before-bytes" // the record is there before what it speaks of
  | "stat-only" // a file of the same size and time is the same file
  | "no-second-look" // what a step read is not looked at again when it has ended
  | "mask-off" // secrets are printed
  | "lookup-ignores-inputs" // a result is reused whatever its inputs are now
  | "reuse-ignores-files" // and whatever the files are that it read
  | "gc-ignores-roots" // what kept runs need is removed
  | "exit-zero-is-success" // a step that never said it was done
  | "resume-forgets" // what a dead runner left is not put in order
  | "outbox-outside-transaction"; // a step's rows may be lost behind its record

declare const STEPBOOK_SABOTAGES: boolean | undefined;

// Read before the environment is watched: it is not a read of the step's.
const chosen = /* @__PURE__ */ chosenByEnvironment();

function chosenByEnvironment(): string | undefined {
  return typeof STEPBOOK_SABOTAGES === "undefined" ? undefined : process.env["STEPBOOK_SABOTAGE"];
}

/** @internal */
export function sabotaged(name: Sabotage): boolean {
  return chosen === name;
}

/** How esbuild is to treat them. @internal */
export function sabotageOptions(tested: boolean): { define: Record<string, string> } | { dropLabels: string[] } {
  return tested ? { define: { STEPBOOK_SABOTAGES: "true" } } : { dropLabels: ["SABOTAGE"] };
}
