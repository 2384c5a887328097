import { transform } from "esbuild";

/** Starts esbuild's process while other things are done. */
export function startEsbuild(): void {
  try {
    transform("").catch(() => {});
  } catch {
    // Whoever needs it will say why it does not run.
  }
}
