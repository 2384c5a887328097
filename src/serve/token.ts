import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { stateFolder } from "../record/state.ts";

/** Where a script finds the token that acts need. */
export function tokenFile(project: string): string {
  return path.join(stateFolder(project), "ui-token");
}

/** The token of the project's pages: made once, so that a page that is left open outlives a restart. */
export function uiToken(project: string): string {
  const file = tokenFile(project);
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  try {
    writeFileSync(file, randomBytes(32).toString("hex"), { mode: 0o600, flag: "wx" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  return readFileSync(file, "utf8").trim();
}
