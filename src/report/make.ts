import path from "node:path";
import { actionsLayout } from "./actions.ts";
import { jsonReport } from "./json.ts";
import { LiveReport } from "./live.ts";
import { PlainReport } from "./plain.ts";
import type { Report } from "./report.ts";
import { Sink } from "./sink.ts";

export interface ReportOptions {
  readonly json: boolean;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly env: NodeJS.ProcessEnv;
  /** Folder that places are relative to; else the current one. */
  readonly project?: string;
}

/** JSON lines on request; a live view on a terminal; else plain lines. */
export function makeReport({ json, stdout, stderr, env, project: folder = "." }: ReportOptions): Report {
  const project = path.resolve(folder);
  const [out, err] = [new Sink(stdout, env, project), new Sink(stderr, env, project)];
  if (json) return jsonReport(out);
  if (stderr.isTTY === true && !inCi(env) && env["TERM"] !== "dumb") return new LiveReport(out, err);
  return new PlainReport(out, err, env["GITHUB_ACTIONS"] === "true" ? actionsLayout(project, env) : undefined);
}

function inCi(env: NodeJS.ProcessEnv): boolean {
  const ci = env["CI"];
  return ci !== undefined && ci !== "" && ci !== "false" && ci !== "0";
}
