import picocolors from "picocolors";

export type Colors = ReturnType<typeof picocolors.createColors>;

/** How text has to look where it goes. */
export interface Look {
  readonly colors: Colors;
  /** Columns; Infinity where nothing is cut. */
  readonly width: number;
  /** Absolute path that places in failures are relative to. */
  readonly project: string;
}

/** NO_COLOR wins, then FORCE_COLOR, then what the stream is. */
export function colorsFor(stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv): Colors {
  return picocolors.createColors(wantsColors(stream, env));
}

function wantsColors(stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv): boolean {
  if (env["NO_COLOR"]) return false;
  const forced = env["FORCE_COLOR"];
  if (forced !== undefined) return forced !== "0" && forced !== "false";
  return stream.isTTY === true && env["TERM"] !== "dumb";
}
