import { type Failure } from "../errors.ts";
import type { Event } from "../events.ts";
import { type About, detail, type Level, logLine, logOf } from "../report/log.ts";
import { makeReport } from "../report/make.ts";
import { Sink } from "../report/sink.ts";

/** How the scheduler tells what happens: its own words, and the events of its runs. */
export interface Voice {
  event(event: Event, about?: About): void;
  say(message: string, about?: About, level?: Level): void;
  failure(failure: Failure): void;
  close(): void;
}

/**
 * text: for eyes; log: JSON lines on stderr, for a collector; events: each event as a JSON line on stdout, for a program,
 * and the scheduler's own words as a log.
 */
export type Manner = "text" | "log" | "events";

export function makeVoice(manner: Manner, project: string): Voice {
  const report = makeReport({ json: manner === "events", stdout: process.stdout, stderr: process.stderr, env: process.env, project });
  const stderr = new Sink(() => process.stderr, process.env, project);
  const say: Voice["say"] = (message, about = {}, level = "info") =>
    stderr.write(manner === "text" ? `${message}\n` : logLine({ level, msg: message, ...about }));
  if (manner !== "log")
    return { event: (event) => report.event(event), say, failure: (failure) => report.failure(failure), close: () => report.close() };
  return {
    event(event, about) {
      const logged = logOf(event);
      if (logged) stderr.write(logLine({ ...about, ...logged }));
    },
    say,
    failure: (failure) => stderr.write(logLine({ level: "error", msg: failure.message, ...detail(failure) })),
    close: () => report.close(),
  };
}
