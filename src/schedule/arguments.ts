import path from "node:path";
import { parseArgs } from "node:util";
import { fail, toFailure } from "../errors.ts";
import { type Address, readAddress } from "../serve/address.ts";
import type { Manner } from "./voice.ts";

interface Arguments {
  readonly project: string;
  readonly once: boolean;
  readonly manner: Manner;
  /** Where the pages are served; null: nowhere. */
  readonly pages: Address | null;
}

export const usage = `schedule.ts keeps the schedules that it declares, and serves the pages beside them.
  --once            run what is due and end
  --port <n>        where the pages are served (8080, or PORT); 0: any free port
  --host <address>  another address than 127.0.0.1 (or STEPBOOK_HOST): reading then needs the token
  --no-ui           no pages
  --log json|text   how it tells what happens; on a terminal text, else json
  --json            each event as a JSON line on stdout
  --project <folder>
`;

const options = {
  json: { type: "boolean" },
  once: { type: "boolean" },
  project: { type: "string" },
  port: { type: "string" },
  host: { type: "string" },
  "no-ui": { type: "boolean" },
  log: { type: "string" },
  help: { type: "boolean" },
} as const;

/** @returns null where only help was asked for. @throws E_USAGE */
export function readArguments(words: readonly string[], script: string, env: NodeJS.ProcessEnv, terminal: boolean): Arguments | null {
  const values = parse(words);
  if (values.help) return null;
  const { log = terminal ? "text" : "json", once = false } = values;
  if (log !== "json" && log !== "text") fail("E_USAGE", `--log ${log} is neither json nor text`);
  return {
    project: path.resolve(values.project ?? path.dirname(path.resolve(script))),
    once,
    manner: values.json ? "events" : log === "json" ? "log" : "text",
    pages: once || values["no-ui"] ? null : readAddress(values, env),
  };
}

function parse(words: readonly string[]) {
  try {
    return parseArgs({ args: [...words], options }).values;
  } catch (error) {
    return fail("E_USAGE", toFailure(error).message.replace(/^\w*Error: /, ""), { remedy: "--help shows what there is" });
  }
}
