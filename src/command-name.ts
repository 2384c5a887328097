import fs from "node:fs";
import path from "node:path";

// As it is before it is wrapped for a step: to name the command is not a read of the step's.
const { existsSync } = fs;

/** How the command is called in the project: by its own script, where it has one. */
export function commandIn(project: string): string {
  return existsSync(path.join(project, "runner.ts")) ? "npx tsx runner.ts" : "npx stepbook";
}
