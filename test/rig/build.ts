import { rmSync } from "node:fs";
import path from "node:path";
import { buildPackage } from "../../build.ts";

export const root = path.resolve(import.meta.dirname, "../..");

// Set here for the workers, which inherit the environment; each run of the tests has its own folder.
process.env["STEPBOOK_TEST_BUILD"] ??= path.join(root, "node_modules", ".cache", `stepbook-test-${process.pid}`);

/** The command as an installed package has it: what most tests run, since it starts fastest. */
export const built = process.env["STEPBOOK_TEST_BUILD"];

/** Vitest's global set-up: builds the command once for all tests. */
export async function setup(): Promise<void> {
  await buildPackage(root, built, true);
}

export function teardown(): void {
  rmSync(built, { recursive: true, force: true });
}
