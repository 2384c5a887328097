import path from "node:path";
import { exitCodes, fail } from "../errors.ts";
import type { Cancellation } from "../execute/cancel.ts";
import { cancellable } from "../command/cancellable.ts";
import { type Io, print, printJson } from "../command/io.ts";
import { serve } from "./server.ts";

/** `ui`: serves the pages until it is ended. Runs nothing by itself. */
export async function ui(io: Io, flags: { readonly port: string; readonly host: string }): Promise<number> {
  const port = Number(flags.port);
  if (!Number.isInteger(port) || port < 0 || port > 65535) fail("E_USAGE", `--port ${flags.port} is no port`, { remedy: "write it as --port 8080" });
  return cancellable(async (cancellation: Cancellation) => {
    const serving = await serve({ project: path.resolve(io.project), port, host: flags.host });
    if (io.json) printJson(io, { type: "serving", url: serving.url });
    else print(io, `the notebook is at ${serving.url} (Ctrl-C ends it)`);
    await new Promise<void>((resolve) => cancellation.onCancel(() => resolve()));
    await serving.close();
    return exitCodes.done;
  });
}
