import { type ChildProcess, spawn } from "node:child_process";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { built } from "../rig/build.ts";
import { TestProject } from "../rig/project.ts";

/** A project with a schedule.mjs; the schedules are the text between the braces. */
export function scheduled(schedules: string, files: Readonly<Record<string, string>> = {}): TestProject {
  return new TestProject({
    "schedule.mjs": `import { schedule } from ${JSON.stringify(path.join(built, "schedule.js"))};\nawait schedule({ ${schedules} });\n`,
    ...files,
  });
}

/** The command `schedule.ts` as a process, with all that it says. */
export class Scheduled {
  readonly child: ChildProcess;
  text = "";
  #closed = false;

  constructor(project: TestProject, words: readonly string[] = [], env: NodeJS.ProcessEnv = {}) {
    this.child = spawn(process.execPath, [project.path("schedule.mjs"), ...words], {
      cwd: project.folder,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, NO_COLOR: "1", ...env },
    });
    for (const stream of [this.child.stdout!, this.child.stderr!]) stream.on("data", (chunk: Buffer) => (this.text += chunk.toString()));
    this.child.once("close", () => (this.#closed = true));
  }

  /** Lines of the log so far. */
  get log(): Record<string, unknown>[] {
    return this.text
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  async says(words: string): Promise<void> {
    await until(() => this.text.includes(words) || (this.#closed && this.#fail(words)));
  }

  /** The port of its pages, once they are there. */
  async port(): Promise<number> {
    await this.says("the pages are at");
    return Number(/the pages are at http:\/\/[^/]*:(\d+)\//.exec(this.text)![1]);
  }

  async end(signal: NodeJS.Signals = "SIGTERM"): Promise<number | null> {
    this.child.kill(signal);
    await until(() => this.#closed);
    return this.child.exitCode;
  }

  #fail(words: string): never {
    throw new Error(`it ended without saying "${words}": ${this.text}`);
  }
}

/** Polls a condition; the test's own timeout ends it. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(20);
}
