import { styleText } from "node:util";

const formats = ["bold", "dim", "cyan", "green", "red", "yellow"] as const;

/** Puts text into a format, or leaves it as it is. */
export type Colors = { readonly isColorSupported: boolean } & Readonly<Record<(typeof formats)[number], (text: string) => string>>;

export function createColors(enabled: boolean): Colors {
  const painted = formats.map(
    (format) => [format, (text: string) => (enabled ? styleText(format, text, { validateStream: false }) : text)] as const,
  );
  return { isColorSupported: enabled, ...(Object.fromEntries(painted) as Omit<Colors, "isColorSupported">) };
}

/** How text has to look where it goes. */
export interface Style {
  readonly colors: Colors;
  /** Columns; Infinity where nothing is cut. */
  readonly width: number;
  /** Absolute path that places in failures are relative to. */
  readonly project: string;
}

/** NO_COLOR wins, then FORCE_COLOR, then what the stream is. */
export function colorsFor(stream: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv): Colors {
  return createColors(wantsColors(stream, env));
}

function wantsColors(stream: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv): boolean {
  if (env["NO_COLOR"]) return false;
  const forced = env["FORCE_COLOR"];
  if (forced !== undefined) return forced !== "0" && forced !== "false";
  return stream.isTTY === true && env["TERM"] !== "dumb";
}
