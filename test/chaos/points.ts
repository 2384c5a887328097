import { expect } from "vitest";
import { TestProject } from "../rig/project.ts";
import { type Call, tracedRun } from "../rig/strace.ts";
import { files, newMarks } from "./three-steps.ts";
import { randomFrom, seed, shuffled } from "./trials.ts";

/** A moment at which something can befall a run: its k-th call of that kind. */
export interface Point {
  readonly call: Call;
  readonly k: number;
}

/** Every k of every call that an untouched run makes, in random order. */
export async function points(of: readonly Call[], traced: typeof tracedRun): Promise<Point[]> {
  const project = new TestProject(files);
  const { made, code, stderr } = await traced(project, null, newMarks());
  project.dispose();
  expect(code, stderr).toBe(0);
  expect(made["openat"]! + made["write"]!, "the trace holds something").toBeGreaterThan(0);
  const all = of.flatMap((call) => Array.from({ length: made[call] ?? 0 }, (_, i) => ({ call, k: i + 1 })));
  return shuffled(all, randomFrom(seed));
}
