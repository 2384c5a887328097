import path from "node:path";
import { keptSecret } from "../store/kept-secret.ts";
import { stateFolder } from "./state.ts";

/** The project's secret, made at first use: environment values are kept only as hashes keyed with it. */
export function projectKey(project: string): string {
  return keptSecret(path.join(stateFolder(project), "key"));
}
