import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Event, StepOutcome } from "../../src/events.ts";
import { built } from "./build.ts";

/** What a finished command left. */
export interface Result {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** What a finished run with `--json` told. */
export interface RunResult extends Result {
  readonly events: readonly Event[];
  /** Step id → outcome, of the last run. */
  readonly steps: Readonly<Record<string, StepOutcome>>;
  /** Ids of the steps that were executed, in the order of the graph. */
  readonly ran: readonly string[];
}

export interface CommandOptions {
  readonly env?: NodeJS.ProcessEnv;
}

/** A project in a folder of its own, driven by the real command in real processes. */
export class TestProject {
  readonly folder: string;

  constructor(files: Readonly<Record<string, string>> = {}, folder = mkdtempSync(path.join(tmpdir(), "stepbook-test-"))) {
    this.folder = folder;
    this.write("package.json", '{ "type": "module" }');
    for (const [file, text] of Object.entries(files)) this.write(file, text);
  }

  path(file: string): string {
    return path.join(this.folder, file);
  }

  write(file: string, text: string | Uint8Array): void {
    mkdirSync(path.dirname(this.path(file)), { recursive: true });
    writeFileSync(this.path(file), text);
  }

  read(file: string): string {
    return readFileSync(this.path(file), "utf8");
  }

  has(file: string): boolean {
    return existsSync(this.path(file));
  }

  edit(file: string, from: string | RegExp, to: string): void {
    const before = this.read(file);
    const after = before.replace(from, to);
    if (after === before) throw new Error(`nothing to edit in ${file}: ${String(from)}`);
    this.write(file, after);
  }

  remove(file: string): void {
    rmSync(this.path(file), { recursive: true, force: true });
  }

  /** The same project elsewhere, without what the engine keeps. */
  clone(): TestProject {
    const copy = new TestProject();
    cpSync(this.folder, copy.folder, { recursive: true, filter: (file) => path.basename(file) !== ".stepbook" });
    return copy;
  }

  /** What Node is given to start the command. */
  words(words: readonly string[]): string[] {
    return [path.join(built, "bin.cjs"), ...words];
  }

  /** Starts the command and hands over its process. */
  start(words: readonly string[], options: CommandOptions = {}): ChildProcess {
    const env = { ...process.env, NO_COLOR: "1", ...options.env };
    return spawn(process.execPath, this.words(words), { cwd: this.folder, env, stdio: ["ignore", "pipe", "pipe"] });
  }

  async command(words: readonly string[], options: CommandOptions = {}): Promise<Result> {
    return finished(this.start(words, options));
  }

  /** `run --json`, with its events. */
  async run(words: readonly string[] = [], options: CommandOptions = {}): Promise<RunResult> {
    const result = await this.command(["run", "--json", ...words], options);
    const events = result.stdout
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Event);
    const last = events.filter((event) => event.type === "run.finished").at(-1);
    const outcomes = last?.steps ?? [];
    return {
      ...result,
      events,
      steps: Object.fromEntries(outcomes.map((outcome) => [outcome.step, outcome])),
      ran: outcomes.filter(({ status }) => status === "ran").map(({ step }) => step),
    };
  }

  /** The value of `step.export`, as `show --json` prints it. */
  async value(name: string): Promise<unknown> {
    const { stdout, stderr, code } = await this.command(["show", name, "--json"]);
    if (code !== 0) throw new Error(`show ${name}: ${stderr}`);
    return JSON.parse(stdout);
  }

  dispose(): void {
    // Where processes were killed, the last of them may still be closing a file.
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  }
}

export function finished(child: ChildProcess): Promise<Result> {
  return new Promise((resolve, reject) => {
    let stdout = "";
    let stderr = "";
    child.stdout?.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr?.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    child.once("error", reject);
    child.once("close", (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}
