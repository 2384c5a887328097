import { exitCodeOf, exitCodes, type Failure, StepbookError, toFailure } from "../errors.ts";
import type { Event } from "../events.ts";
import type { Cancellation } from "../execute/cancel.ts";
import type { Finished } from "../execute/finished.ts";
import { runMirrored } from "../mirror/run.ts";
import { nearest } from "../nearest.ts";
import { makeReport } from "../report/make.ts";
import type { Report } from "../report/report.ts";
import { cancellable } from "./cancellable.ts";
import { type Io, readRunOptions, type RunFlags } from "./io.ts";

/** `run`: one run, or with `--watch` one after every save. */
export async function run(io: Io, steps: readonly string[], flags: RunFlags, commands: readonly string[]): Promise<number> {
  const options = {
    ...readRunOptions(io, steps, flags),
    ...(flags.retry === undefined ? {} : await (await import("./retry.ts")).retried(io, steps, flags)),
  };
  const report = makeReport(io);
  return cancellable(async (cancellation) => {
    try {
      if (!flags.watch) return await runOnce(options, report, cancellation, commands);
      const { watchPipeline } = await import("./watch.ts");
      await watchPipeline(options, report, cancellation);
      return exitCodes.done;
    } finally {
      report.close();
    }
  });
}

async function runOnce(
  options: ReturnType<typeof readRunOptions>,
  report: Report,
  cancellation: Cancellation,
  commands: readonly string[],
): Promise<number> {
  const failures: Failure[] = [];
  const emit = (event: Event) => {
    if (event.type === "step.failed") failures.push(event.failure);
    report.event(event);
  };
  try {
    return exitCode(await runMirrored(options, emit, cancellation), failures);
  } catch (error) {
    throw meantCommand(options.steps, commands, error);
  }
}

/** `plna` is read as the name of a step, since `run` may be left out, and so is all that follows a flag: perhaps a command was meant. */
function meantCommand(steps: readonly string[], commands: readonly string[], error: unknown): unknown {
  const failure = toFailure(error);
  if (failure.code === "E_NOT_FOUND" && commands.includes(steps[0]!)) {
    return new StepbookError({
      ...failure,
      message: `"${steps[0]}" is a command, not a step: it comes before its flags`,
      remedy: `such as ${steps[0]} --json`,
    });
  }
  const remedy = nearest(steps[0] ?? "", commands);
  if (failure.code !== "E_NOT_FOUND" || steps.length !== 1 || !remedy.startsWith("did you mean")) return error;
  return new StepbookError({ ...failure, message: `there is no command and no step "${steps[0]}"`, remedy });
}

function exitCode({ status }: Finished, failures: readonly Failure[]): number {
  if (status === "succeeded") return exitCodes.done;
  // A failed check is told from a failed step only where nothing else failed.
  const codes = new Set(failures.map(exitCodeOf));
  return codes.size === 1 ? [...codes][0]! : exitCodes.stepFailed;
}
