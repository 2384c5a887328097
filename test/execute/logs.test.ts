import { EventEmitter } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { logFile, StepLog } from "../../src/execute/logs.ts";
import { Mask } from "../../src/mask.ts";

class Fed extends EventEmitter {
  pause(): void {}
  resume(): void {}
  isPaused(): boolean {
    return false;
  }
  feed(text: string): void {
    this.emit("data", Buffer.from(text));
  }
}

async function logged(script: (out: Fed, err: Fed) => void): Promise<{ log: string; lines: string[] }> {
  const project = mkdtempSync(path.join(tmpdir(), "logs-"));
  onTestFinished(() => rmSync(project, { recursive: true, force: true }));
  const log = new StepLog(project, "run", "10_a", 1, new Mask());
  const [out, err, lines] = [new Fed(), new Fed(), [] as string[]];
  for (const stream of [out, err]) log.follow(stream, (line) => lines.push(line));
  script(out, err);
  for (const stream of [out, err]) stream.emit("end");
  await log.close();
  return { log: readFileSync(logFile(project, "run", "10_a"), "utf8"), lines };
}

test("a line that is very long is handed on in pieces, all of it", async () => {
  const long = Array.from({ length: 100_000 }, (_, i) => i % 10).join("");
  const { lines } = await logged((out) => {
    out.feed(`${long}\n`);
    out.feed(long.slice(0, 30_000));
    out.feed(`${long.slice(30_000)}\n`);
  });
  expect(lines.every((line) => line.length <= 64 * 1024)).toBe(true);
  expect(lines.join("")).toBe(long + long);
});

test("what comes on two streams meets in the log by lines", async () => {
  const { log, lines } = await logged((out, err) => {
    out.feed("one\ntw");
    err.feed("wrong\n");
    out.feed("");
    out.feed("o\nthr");
    err.feed("last");
    out.feed("ee");
  });
  expect(log).toBe("one\nwrong\ntwo\nthreelast");
  expect(lines).toEqual(["one", "wrong", "two", "three", "last"]);
});

test("a line without an end is kept in pieces", async () => {
  const { log } = await logged((out) => {
    for (let i = 0; i < 10; i++) out.feed("x".repeat(30_000));
  });
  expect(log).toBe("x".repeat(300_000));
});
