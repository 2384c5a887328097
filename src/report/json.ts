import { jsonLine } from "../json.ts";
import type { Report } from "./report.ts";
import type { Sink } from "./sink.ts";

/** One event a line, for programs. Texts are as they came: JSON escapes what a terminal would obey. */
export function jsonReport(stdout: Sink): Report {
  return {
    event: (event) => (event.type === "step.reused" ? stdout.hold(jsonLine(event)) : stdout.write(jsonLine(event))),
    failure: (failure) => stdout.write(jsonLine({ type: "error", ...failure })),
    close: () => stdout.write(""),
  };
}
