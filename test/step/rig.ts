import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll } from "vitest";
import { StepbookError, type Failure } from "../../src/errors.ts";
import type { Opaque } from "../../src/model.ts";
import { setHost, type Host, type NotedRead, type StepEvent } from "../../src/step/host.ts";

const made: string[] = [];
afterAll(() => made.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

/** A project in a temporary folder with a host like the runner's, which keeps what the API tells it. */
export interface Rig {
  readonly host: Host;
  readonly project: string;
  readonly reads: NotedRead[];
  readonly opaque: Opaque[];
  readonly written: string[];
  readonly events: StepEvent[];
  /** Writes a file of the project and gives its path. */
  file(name: string, content: string | Uint8Array): string;
  /** Names of the reads of that kind, in order. */
  named(kind: NotedRead["kind"]): string[];
}

export function makeRig(more: Partial<Host> = {}): Rig {
  const project = mkdtempSync(path.join(tmpdir(), "stepbook test's "));
  made.push(project);
  const staging = path.join(project, ".stepbook", "staging", "1");
  const kept = path.join(project, ".stepbook", "kept");
  for (const folder of [staging, kept]) mkdirSync(folder, { recursive: true });
  const rig = { reads: [] as NotedRead[], opaque: [] as Opaque[], written: [] as string[], events: [] as StepEvent[] };
  const host: Host = {
    mode: "runner",
    project,
    staging,
    kept,
    step: "20_test",
    run: { id: "r1", trigger: "manual", logicalDate: "2024-02-29T00:00:00.000Z", startedAt: "2024-03-01T10:20:30.000Z" },
    params: {},
    memory: 512,
    threads: 1,
    note: (read) => void rig.reads.push(read),
    opaque: (what) => void rig.opaque.push(what),
    written: (file) => void rig.written.push(file),
    emit: (event) => void rig.events.push(event),
    secret: () => {},
    ...more,
  };
  setHost(host);
  return {
    ...rig,
    host,
    project,
    file: (name, content) => {
      const file = path.join(project, name);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, content);
      return file;
    },
    named: (kind) => rig.reads.filter((read) => read.kind === kind).map((read) => read.name),
  };
}

/** The failure that the work ends with. */
export async function failureOf(work: () => unknown): Promise<Failure> {
  try {
    await work();
  } catch (thrown) {
    if (thrown instanceof StepbookError) return thrown.failure;
    throw thrown;
  }
  throw new Error("it did not fail");
}

/** `E_SQL: message; remedy` */
export async function failed(work: () => unknown): Promise<string> {
  const { code, message, remedy } = await failureOf(work);
  return `${code}: ${message}${remedy ? `; ${remedy}` : ""}`;
}
