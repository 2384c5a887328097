import path from "node:path";
import { actionsLayout } from "./actions.ts";
import { jsonReport } from "./json.ts";
import { LiveReport } from "./live.ts";
import { PlainReport } from "./plain.ts";
import type { Report } from "./report.ts";
import { Sink } from "./sink.ts";

interface ReportOptions {
  readonly json: boolean;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  /** These streams are the process's own: little may be written to its descriptors before they are made. */
  readonly early?: boolean;
  readonly env: NodeJS.ProcessEnv;
  /** Folder that places are relative to; else the current one. */
  readonly project?: string;
}

/** JSON lines on request; a live view on a terminal; else plain lines. */
export function makeReport(options: ReportOptions): Report {
  const { json, env, early = false } = options;
  const project = path.resolve(options.project ?? ".");
  const out = new Sink(() => options.stdout, env, project, early ? 1 : -1);
  if (json) return jsonReport(out);
  const err = new Sink(() => options.stderr, env, project, early ? 2 : -1);
  if (err.isTTY && !inCi(env) && env["TERM"] !== "dumb") return new LiveReport(out, err);
  return new PlainReport(out, err, env["GITHUB_ACTIONS"] === "true" ? actionsLayout(project, env) : undefined);
}

function inCi(env: NodeJS.ProcessEnv): boolean {
  const ci = env["CI"];
  return ci !== undefined && ci !== "" && ci !== "false" && ci !== "0";
}
