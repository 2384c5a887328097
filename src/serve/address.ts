import { fail } from "../errors.ts";

/** Where the pages are served. */
export interface Address {
  /** 0: any free one. */
  readonly port: number;
  readonly host: string;
  /** Further names by which they are asked for, such as that of a proxy; without a port: with ours, and with that of the web. */
  readonly names: readonly string[];
}

/** What the flags say, else the environment. @throws E_USAGE */
export function readAddress(
  flags: { readonly port?: string | undefined; readonly host?: string | undefined },
  env: NodeJS.ProcessEnv,
): Address {
  const port = portOf(flags.port ?? env["PORT"] ?? "8080");
  const names = (env["STEPBOOK_HOSTS"] ?? "").split(/[\s,]+/).filter(Boolean);
  return { port, host: flags.host ?? env["STEPBOOK_HOST"] ?? "127.0.0.1", names };
}

function portOf(text: string): number {
  const port = Number(text);
  return text.trim() !== "" && Number.isInteger(port) && port >= 0 && port <= 65535
    ? port
    : fail("E_USAGE", `"${text}" is not a port`, { remedy: "write it as --port 8080, or PORT=8080" });
}
