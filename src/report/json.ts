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

function jsonLine(value: object): string {
  const text = JSON.stringify(value, (_, each: unknown) => (typeof each === "bigint" ? each.toString() : each));
  // JSON lets these through; a terminal takes some of them for commands, some readers for ends of lines.
  return `${text.replace(/[\x7f-\x9f\u2028\u2029]/g, (found) => `\\u${found.charCodeAt(0).toString(16).padStart(4, "0")}`)}\n`;
}
