import { exitCodeOf, showPlace, toFailure } from "../errors.ts";
import { placeOf } from "./place.ts";
import { skipReason } from "./skip.ts";

/**
 * Ends a script to which the API has refused something with the message and its remedy, in place of Node's dump of the
 * error; a skipped one with its reason. What the step itself throws is shown as Node does.
 */
export function endPlainly(): void {
  process.on("uncaughtExceptionMonitor", (thrown) => {
    const reason = skipReason(thrown);
    if (reason !== undefined) leave(`skipped: ${reason}`, 0);
    if (!(thrown instanceof Error) || thrown.name !== "StepbookError") return;
    const failure = toFailure(thrown);
    const place = failure.place?.line === undefined ? (placeOf(thrown.stack) ?? failure.place) : failure.place;
    const lines = [
      `${failure.code}: ${failure.message}`,
      ...(place ? [`  at ${showPlace(place)}`] : []),
      ...(failure.remedy ? [`  → ${failure.remedy}`] : []),
    ];
    leave(lines.join("\n"), exitCodeOf(failure));
  });
}

function leave(text: string, code: number): never {
  process.stderr.write(`${text}\n`);
  process.exit(code);
}
