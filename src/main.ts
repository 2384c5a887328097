import type { Io } from "./command/io.ts";
import { exitCodeOf, toFailure } from "./errors.ts";

/**
 * The command: `npx tsx runner.ts …` or `stepbook …`.
 * @returns the exit code: 0 done, 1 a step failed, 2 wrong usage, 3 the graph or configuration is
 * wrong, 4 a data check failed, 129, 130 and 143 on signals
 */
export async function runCommand(words: readonly string[]): Promise<number> {
  const wrong = (error: unknown, project: string) => tell(error, project, words.includes("--json"));
  if (!/^(?:run)?(?: --json)?$/.test(words.join(" "))) return (await import("./program.ts")).runWords(words, wrong);
  // The usual command has no words to read: without them it is some milliseconds faster.
  const project = process.cwd();
  try {
    const { run } = await import("./command/run.ts");
    return await run(ioOf(project, words.includes("--json")), [], {}, []);
  } catch (error) {
    return wrong(error, project);
  }
}

/** Runs the command with this process's arguments and ends the process with its exit code. */
export async function main(): Promise<void> {
  const words = process.argv.slice(2);
  // What no call here could catch, such as a process of esbuild's that cannot be started.
  let ending: Promise<void> | undefined;
  process.on(
    "uncaughtException",
    (error) => void (ending ??= tell(error, process.cwd(), words.includes("--json")).then((code) => process.exit(code))),
  );
  process.exitCode = await runCommand(words);
}

async function tell(error: unknown, project: string, json: boolean): Promise<number> {
  const { makeReport } = await import("./report/make.ts");
  const failure = toFailure(error);
  const report = makeReport(ioOf(project, json));
  report.failure(failure);
  report.close();
  return exitCodeOf(failure);
}

/** The streams are made when they are asked for. */
function ioOf(project: string, json: boolean): Io {
  return {
    project,
    json,
    early: true,
    env: process.env,
    get stdout() {
      return process.stdout;
    },
    get stderr() {
      return process.stderr;
    },
  };
}
