import path from "node:path";
import { stateFolder } from "../record/state.ts";
import { keptSecret } from "../store/kept-secret.ts";

/** Where a script finds the token that acts need. */
function tokenFile(project: string): string {
  return path.join(stateFolder(project), "ui-token");
}

/** The token of the project's pages: made once, so that a page that is left open outlives a restart. */
export function uiToken(project: string): string {
  return keptSecret(tokenFile(project));
}
