import path from "node:path";
import { buildPackage } from "../../build.ts";

export const root = path.resolve(import.meta.dirname, "../..");

/** The command as an installed package has it: what most tests run, since it starts fastest. */
export const built = path.join(root, "node_modules", ".cache", "stepbook-test");

/** Vitest's global set-up: builds the command once for all tests. */
export async function setup(): Promise<void> {
  await buildPackage(root, built);
}
