import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Event } from "../../src/events.ts";
import { makeReport } from "../../src/report/make.ts";
import type { Report } from "../../src/report/report.ts";
import { badRun, badRunEnd, because, failure, firstRun, firstRunEnd, run, runStarted } from "./script.ts";
import { FakeStream, screenOf, widest } from "./terminal.ts";

let out: FakeStream;
let err: FakeStream;
let report: Report;

function open(columns: number, rows?: number): void {
  [out, err] = [new FakeStream(columns, rows), new FakeStream(columns, rows)];
  report = makeReport({ json: false, stdout: out.stream, stderr: err.stream, env: { NO_COLOR: "1" }, project: "/nowhere" });
}

const screen = () => screenOf(err.text).join("\n").trimEnd().split("\n");
const started = (step: string): Event => ({ type: "step.started", run, step, at: "", attempt: 1, reason: because("it has not run yet") });
const progress = (done: number, total: number | null): Event => ({
  type: "step.progress",
  run,
  step: "30_tune",
  label: "components",
  done,
  total,
});

beforeEach(() => {
  vi.useFakeTimers();
  open(80);
});
afterEach(() => void vi.useRealTimers());

describe("the live view", () => {
  it("shows what runs below what is done", () => {
    for (const event of [runStarted, started("20_split"), started("30_tune"), progress(0, 29)]) report.event(event);
    vi.advanceTimersByTime(4000);
    report.event(progress(12, 29));
    report.event({ type: "step.output", run, step: "20_split", stream: "stdout", line: "hello" });
    vi.advanceTimersByTime(400);
    expect(screen()).toEqual([
      "run 20260801-140322-k3 · 8 steps · test_split_ratio=0.2",
      "  20_split │ hello",
      expect.stringMatching(/^. 20_split             4 s  it has not run yet$/),
      expect.stringMatching(/^. 30_tune              4 s  ━{9}─{15}  12\/29 components, 5 s left$/),
    ]);
  });

  it("leaves nothing of it behind", () => {
    open(120);
    for (const event of [...firstRun, firstRunEnd]) {
      report.event(event);
      vi.advanceTimersByTime(130);
    }
    report.close();
    const plain = new FakeStream();
    const other = makeReport({ json: false, stdout: plain.stream, stderr: plain.stream, env: {}, project: "/nowhere" });
    for (const event of firstRun) other.event(event);
    other.close();
    expect(screen()).toEqual(plain.lines);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("leaves nothing behind when it is closed in the middle", () => {
    for (const event of firstRun.slice(0, 3)) report.event(event);
    vi.advanceTimersByTime(1000);
    report.close();
    report.event(firstRunEnd);
    expect(screen()).toEqual(["run 20260801-140322-k3 · 8 steps · test_split_ratio=0.2"]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each([100, 60, 40])("fits %i columns", (columns) => {
    open(columns);
    for (const event of [...badRun, badRunEnd, ...firstRun, firstRunEnd]) {
      report.event(event);
      vi.advanceTimersByTime(130);
    }
    report.failure(failure);
    report.close();
    expect(widest(err.text)).toBeLessThanOrEqual(columns);
    expect(widest(out.text)).toBeLessThanOrEqual(columns);
  });

  it("writes at most ten times a second, however much a step says", () => {
    const write = vi.spyOn(err, "write");
    for (const event of [runStarted, started("30_tune")]) report.event(event);
    for (let n = 0; n < 1000; n++) {
      report.event({ type: "step.output", run, step: "30_tune", stream: "stdout", line: `line ${n}` });
      report.event(progress(n, 1000));
      vi.advanceTimersByTime(1);
    }
    report.close();
    // Each drawing clears, prints and draws.
    expect(write.mock.calls.length).toBeLessThanOrEqual(3 * 11 + 3);
    expect(screen().filter((line) => line.includes("│ line"))).toHaveLength(1000);
  });

  it("is never taller than the terminal", () => {
    open(80, 6);
    report.event(runStarted);
    for (let n = 10; n < 30; n++) report.event(started(`${n}_step`));
    vi.advanceTimersByTime(1000);
    expect(screen()).toHaveLength(1 + 4);
    expect(screen().at(-1)).toBe("  and 17 more");
    report.close();
    expect(screen()).toHaveLength(1);
  });

  it("tells the time left only where it is known, and counts without a total", () => {
    for (const event of [runStarted, started("30_tune"), progress(1200, null)]) report.event(event);
    vi.advanceTimersByTime(3000);
    expect(screen().at(-1)).toMatch(/ 1,200 components$/);
  });

  it("says what a retry waits for", () => {
    for (const event of [
      runStarted,
      started("30_tune"),
      { type: "step.retrying", run, step: "30_tune", attempt: 2, in: 5000, failure } satisfies Event,
    ])
      report.event(event);
    vi.advanceTimersByTime(1000);
    expect(screen().at(-1)).toMatch(/waits for attempt 2$/);
  });

  it("shows a failure outside of the steps", () => {
    report.failure({ code: "E_NO_STEPS", message: "there is no folder steps/", remedy: "make one" });
    report.close();
    expect(screen()).toEqual(["", "  error E_NO_STEPS: there is no folder steps/", "    → make one"]);
  });
});
