import { expect, it } from "vitest";
import type { Event } from "../../src/events.ts";
import { makeReport } from "../../src/report/make.ts";
import { badRun, badRunEnd, because, run, runStarted } from "./script.ts";
import { FakeStream } from "./terminal.ts";

const env = { GITHUB_ACTIONS: "true", CI: "true", GITHUB_WORKSPACE: "/repo" };

function tell(events: readonly Event[]): string[] {
  const err = new FakeStream();
  const report = makeReport({ json: false, stdout: new FakeStream().stream, stderr: err.stream, env, project: "/repo/pipelines/cancer" });
  for (const event of events) report.event(event);
  report.close();
  return err.lines;
}

it("GitHub folds what a step said under its line, and marks the failure in the source", () => {
  const lines = tell([...badRun, badRunEnd]);
  const fold = lines.indexOf("::group::✗ 30_tune            1.2 s");
  expect(lines[fold + 1]).toBe("  30_tune │ check patients: 1 of 2 rules failed");
  const end = lines.indexOf("::endgroup::");
  expect(lines[end + 2]).toBe("  error E_STEP_THREW: TypeError: rows.map is not a function");
  expect(lines).toContain(
    "::error file=pipelines/cancer/steps/30_tune.ts,line=3,col=21,title=30_tune%3A E_STEP_THREW::TypeError: rows.map is not a function%0Arows is a Table: await rows.rows() gives its rows",
  );
});

it("of a step that says very much the end is kept, and said how much is not", () => {
  const line: Event = { type: "step.output", run, step: "20_split", stream: "stdout", line: "x" };
  const lines = tell([runStarted, ...Array.from({ length: 200_000 }, () => line)]);
  expect(lines.length).toBeLessThan(21_000);
  expect(lines[2]).toMatch(/^    1[89]\d,\d{3} lines before these$/);
});

it("a step that said nothing is one line", () => {
  expect(tell(badRun)).toContain("✓ 20_split           3.1 s  lib/folds.ts: stratify changed · 2 attempts");
});

it("what was said before the runner stopped is not lost", () => {
  const lines = tell([
    runStarted,
    { type: "step.started", run, step: "20_split", at: "", attempt: 1, reason: because("forced") },
    { type: "step.output", run, step: "20_split", stream: "stdout", line: "half way" },
  ]);
  expect(lines.slice(1)).toEqual(["::group::  20_split", "  20_split │ half way", "::endgroup::"]);
});
