import path from "node:path";
import { exitCodes } from "../errors.ts";
import type { Cancellation } from "../execute/cancel.ts";
import { cancellable } from "../command/cancellable.ts";
import { type Io, print, printJson } from "../command/io.ts";
import { refuseNoProject } from "../command/opened.ts";
import { readAddress } from "./address.ts";
import { serve } from "./server.ts";

/** `ui`: serves the pages until it is ended. Runs nothing by itself. @throws E_NO_STEPS */
export async function ui(io: Io, flags: { readonly port?: string; readonly host?: string }): Promise<number> {
  const address = readAddress(flags, process.env);
  const project = path.resolve(io.project);
  refuseNoProject(project);
  return cancellable(async (cancellation: Cancellation) => {
    const serving = await serve({ project, ...address });
    if (io.json) printJson(io, { type: "serving", url: serving.url });
    else print(io, `the notebook is at ${serving.url} (Ctrl-C ends it)`);
    await new Promise<void>((resolve) => cancellation.onCancel(() => resolve()));
    await serving.close();
    return exitCodes.done;
  });
}
