import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Event } from "../../src/events.ts";
import { makeReport } from "../../src/report/make.ts";
import { hostile } from "./hostile.ts";
import { badRun, badRunEnd, because, failure, firstRun, firstRunEnd, run, runStarted } from "./script.ts";
import { FakeStream, screenOf, widest } from "./terminal.ts";

const escapes = /\x1b/;
const obeyed = /[\x00-\x08\x0b-\x1f\x7f-\x9f]/;

interface Told {
  readonly out: FakeStream;
  readonly err: FakeStream;
}

function tell(events: readonly Event[], to: { columns?: number; json?: boolean; env?: NodeJS.ProcessEnv } = {}): Told {
  const [out, err] = [new FakeStream(to.columns), new FakeStream(to.columns)];
  const report = makeReport({ json: to.json === true, stdout: out.stream, stderr: err.stream, env: to.env ?? {}, project: "/nowhere" });
  for (const event of events) {
    report.event(event);
    vi.advanceTimersByTime(40);
  }
  report.close();
  return { out, err };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("a pipe", () => {
  it("is told a first run", () => {
    const { out, err } = tell([...firstRun, firstRunEnd]);
    expect(err.lines).toEqual([
      "run 20260801-140322-k3 · 8 steps · test_split_ratio=0.2",
      "  10_fetch │ check dataset: all 38 rules hold",
      "✓ 05_provenance      88 ms  it has not run yet",
      "✓ 10_fetch           1.1 s  it has not run yet",
      "= 20_batches        reused",
      "  20_split │ 455 rows to train on, 114 to test with",
      "! 20_split: SQL uses random(), so the result differs in every run; give it a seed",
      "✓ 20_split          312 ms  param test_split_ratio: 0.3 → 0.2",
      "  30_tune │ 9 components, 9 neighbours, uniform weights:",
      "  30_tune │ right in 97.0 % of cases, the best of 754 combinations.",
      "✓ 30_tune            4.1 s  input split.train changed · same result",
      "  40_evaluate │               said malignant  said benign",
      "  40_evaluate │ is malignant              59            5",
      "  40_evaluate │ is benign                  1          106",
      "  40_evaluate │",
      "  40_evaluate │ accuracy 0.971 · precision 0.983",
      "✓ 40_evaluate       402 ms  lib/metrics.ts: rocAuc changed",
      "✓ 50_model          290 ms  input evaluate.metrics changed",
      "✓ 50_record          61 ms  it records a result in every run",
    ]);
    expect(out.lines).toEqual([
      "experiments: cv_accuracy 0.9698  test_set_accuracy 0.9708  precision 0.9833  recall 0.9219  f1 0.961  roc_auc 0.9924 …",
      "model breast-cancer v3 → models/breast-cancer/v3.json",
      "8 steps: 7 ran, 1 reused in 6.5 s",
    ]);
  });

  it("is told all that went wrong", () => {
    const { out, err } = tell([...badRun, badRunEnd]);
    for (const line of [
      "↻ 20_split          in 1 s  attempt 2: Error: connect ECONNREFUSED 127.0.0.1:5432",
      "✓ 20_split           3.1 s  lib/folds.ts: stratify changed · 2 attempts",
      "  30_tune │ check patients: 1 of 2 rules failed",
      "  30_tune │   ✗ unique: id: 2 rows",
      "✗ 30_tune            1.2 s",
      "  error E_STEP_THREW: TypeError: rows.map is not a function",
      "– 40_evaluate      skipped  30_tune failed",
      "■ 50_model       cancelled  after 210 ms",
      "! Postgres cannot be reached: 3 rows wait in the outbox",
    ])
      expect(err.lines).toContain(line);
    expect(out.lines).toEqual(["failed: 30_tune", "8 steps: 1 ran, 3 reused, 1 failed, 2 skipped, 1 cancelled in 4.8 s"]);
  });

  it("gets no cursor moves and no colours", () => {
    const { out, err } = tell([...firstRun, firstRunEnd, ...badRun, badRunEnd]);
    expect(out.text + err.text).not.toMatch(escapes);
  });

  it("gets a sign of life every 30 s while a step runs, and none after", () => {
    const [out, err] = [new FakeStream(), new FakeStream()];
    const report = makeReport({ json: false, stdout: out.stream, stderr: err.stream, env: {} });
    for (const event of [
      runStarted,
      { type: "step.started", run, step: "30_tune", at: "", attempt: 1, reason: because("forced") } satisfies Event,
    ])
      report.event(event);
    vi.advanceTimersByTime(30_000);
    report.event({ type: "step.progress", run, step: "30_tune", label: "components", done: 12, total: 29 });
    vi.advanceTimersByTime(30_000);
    report.event({ type: "step.cancelled", run, step: "30_tune", ms: 60_000 });
    vi.advanceTimersByTime(90_000);
    expect(err.lines.slice(1)).toEqual([
      "  30_tune still runs, 30 s",
      "  30_tune still runs, 60 s, components 12/29",
      "■ 30_tune        cancelled  after 60 s",
    ]);
    report.close();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("the result", () => {
  const end: Event = { ...(firstRunEnd as Extract<Event, { type: "run.finished" }>), steps: [] };

  it("says of a model that it is unchanged, and shows the last of many rows", () => {
    const rows = Array.from({ length: 1204 }, (_, n): Event => ({
      type: "row.recorded",
      run,
      step: "a",
      table: "trials",
      row: { k: n, label: "x" },
    }));
    const { out } = tell([
      runStarted,
      ...rows,
      { type: "model.saved", run, step: "a", name: "m", version: 2, path: "models/m/v2.json", existed: true },
      end,
    ]);
    expect(out.lines).toEqual([
      "trials: 1,201 rows before these",
      "trials: k 1201  label x",
      "trials: k 1202  label x",
      "trials: k 1203  label x",
      "model m v2 → models/m/v2.json unchanged",
      "0 steps: nothing to do in 6.5 s",
    ]);
  });

  it("counts rows, also those that take two lines", () => {
    const scores = Object.fromEntries(Array.from({ length: 8 }, (_, n) => [`accuracy_of_the_fold_${n}`, n / 8]));
    const rows = Array.from({ length: 10 }, (): Event => ({ type: "row.recorded", run, step: "a", table: "trials", row: scores }));
    expect(tell([runStarted, ...rows, end]).out.lines[0]).toBe("trials: 7 rows before these");
  });

  it("of one run is not shown after the next", () => {
    const { out } = tell([...firstRun, firstRunEnd, runStarted, end]);
    expect(out.lines.filter((line) => line.startsWith("model"))).toHaveLength(1);
  });

  it("of a cancelled run says so", () => {
    const { out } = tell([runStarted, { ...end, status: "cancelled" } as Event]);
    expect(out.text).toBe("cancelled: 0 steps: nothing to do in 6.5 s\n");
  });
});

describe("JSON lines", () => {
  it("are the events as they are, on stdout", () => {
    const events = [...badRun, badRunEnd];
    const { out, err } = tell(events, { json: true });
    expect(out.lines.map((line) => JSON.parse(line) as unknown)).toEqual(events);
    expect(err.text).toBe("");
  });

  it("hold failures, bigints as text, and control characters escaped", () => {
    const out = new FakeStream();
    const report = makeReport({ json: true, stdout: out.stream, stderr: out.stream, env: {} });
    report.failure(failure);
    report.event({ type: "row.recorded", run, step: "a", table: "t", row: { n: 12n } });
    for (const text of hostile) report.event({ type: "step.output", run, step: "a", stream: "stdout", line: text });
    const [first, second, ...rest] = out.lines;
    expect(JSON.parse(first!)).toEqual({ type: "error", ...failure });
    expect(JSON.parse(second!)).toMatchObject({ row: { n: "12" } });
    expect(rest.map((line) => (JSON.parse(line) as { line: string }).line)).toEqual(hostile);
    expect(out.text.replaceAll("\n", "")).not.toMatch(/[\x00-\x1f\x7f-\x9f\u2028\u2029]/);
  });
});

describe("colours", () => {
  const colored = (env: NodeJS.ProcessEnv, columns?: number) =>
    escapes.test(tell([...badRun, badRunEnd], { env, ...(columns ? { columns } : {}) }).out.text);

  it.each([
    [{}, 80, true],
    [{}, undefined, false],
    [{ NO_COLOR: "1" }, 80, false],
    [{ NO_COLOR: "" }, 80, true],
    [{ FORCE_COLOR: "1" }, undefined, true],
    [{ FORCE_COLOR: "0" }, 80, false],
    [{ NO_COLOR: "1", FORCE_COLOR: "1" }, 80, false],
    [{ TERM: "dumb" }, 80, false],
  ])("with %j and %s columns: %s", (env, columns, expected) => expect(colored(env, columns)).toBe(expected));

  it("are decided per stream", () => {
    const [out, err] = [new FakeStream(), new FakeStream(80)];
    const report = makeReport({ json: false, stdout: out.stream, stderr: err.stream, env: {} });
    for (const event of [...firstRun, firstRunEnd]) report.event(event);
    report.close();
    expect(out.text).not.toMatch(escapes);
    expect(err.text).toContain("\x1b[32m✓");
  });
});

describe("a terminal without cursor, or CI", () => {
  it.each([{ TERM: "dumb" }, { CI: "true", NO_COLOR: "1" }])("with %j gets plain lines", (env) => {
    const { err } = tell([...firstRun, firstRunEnd], { columns: 100, env });
    expect(err.text).not.toMatch(escapes);
    expect(err.text).not.toContain("⠋");
  });
});

describe("a failing row", () => {
  it("is told whatever it holds", () => {
    const sample = [{ at: new Date(NaN), s: { n: 2n ** 53n }, m: new Map([["k", 1n]]), l: [NaN, null], d: new Date("2024-02-29"), t: "a" }];
    const { err } = tell([{ type: "step.checked", run, step: "10_a", table: "t", rules: [{ rule: "r", failing: 1, sample }] }]);
    expect(err.lines.at(-1)).toBe(
      '  10_a │       at infinity  s {"n":"9007199254740992"}  m [["k","1"]]  l ["NaN",null]  d 2024-02-29  t a',
    );
  });
});

describe("hostile text", () => {
  const everywhere = (text: string): Event[] => [
    { ...runStarted, steps: [text], params: { [text]: text } } as Event,
    { type: "step.started", run, step: text, at: "", attempt: 1, reason: because(text) },
    { type: "step.progress", run, step: text, label: text, done: 1, total: 2 },
    { type: "step.output", run, step: text, stream: "stdout", line: text },
    { type: "step.displayed", run, step: text, bundle: { "text/plain": text } },
    { type: "step.displayed", run, step: text, bundle: { "text/markdown": `# ${text}\n\n| a |\n| - |\n| ${text} |` } },
    { type: "step.displayed", run, step: text, bundle: { [text]: text } },
    { type: "step.checked", run, step: text, table: text, rules: [{ rule: text, failing: 1, sample: [{ [text]: text }] }] },
    { type: "step.warned", run, step: text, message: text },
    { type: "run.warned", run, message: text },
    { type: "step.retrying", run, step: text, attempt: 2, in: 1, failure: { ...failure, message: text } },
    {
      type: "step.failed",
      run,
      step: text,
      ms: 1,
      attempts: 1,
      failure: { code: "E_STEP_THREW", message: text, remedy: text, stack: `at ${text}`, place: { file: text, line: 1 } },
    },
    { type: "row.recorded", run, step: text, table: text, row: { [text]: text } },
    { type: "model.saved", run, step: text, name: text, version: 1, path: text, existed: false },
    { type: "run.finished", run, status: "failed", ms: 1, steps: [{ step: text, status: "failed", reason: text, ms: 1, attempts: 1 }] },
  ];

  it.each(hostile)("%j commands no pipe", (text) => {
    const { out, err } = tell(everywhere(text));
    expect(out.text + err.text).not.toMatch(obeyed);
  });

  it.each(hostile)("%j commands no terminal", (text) => {
    const { out, err } = tell(everywhere(text), { columns: 60 });
    const known = /\x1b\[(?:[0-9;]*m|\?2026[hl]|[0-9]*[ABGK]|J)/g;
    expect((out.text + err.text).replace(known, "")).not.toMatch(obeyed);
    expect(widest(screenOf(err.text).join("\n"))).toBeLessThanOrEqual(60);
  });

  it.each(hostile)("%j gives no command to GitHub", (text) => {
    const { out, err } = tell(everywhere(text), { env: { GITHUB_ACTIONS: "true", CI: "true" } });
    const commands = [...out.lines, ...err.lines].filter((line) => /^\s*::|##\[/.test(line));
    expect(commands.every((line) => /^::(group|endgroup|error )/.test(line) && !line.includes("##["))).toBe(true);
    expect(commands.filter((line) => line.startsWith("::error"))).toHaveLength(1);
  });

  it("of any kind fits any width", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 120 }), fc.integer({ min: 20, max: 120 }), (text, columns) => {
        const { out, err } = tell(everywhere(text), { columns });
        expect(widest(screenOf(err.text).join("\n"))).toBeLessThanOrEqual(columns);
        expect(widest(out.text)).toBeLessThanOrEqual(columns);
      }),
      { numRuns: 60 },
    );
  });
});
