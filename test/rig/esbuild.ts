import { chmodSync } from "node:fs";
import path from "node:path";
import { root } from "./build.ts";
import type { TestProject } from "./project.ts";

/**
 * An esbuild that hangs so many times, and then is the real one. Each time it writes a line to `started`.
 * @returns the environment of a command that takes it
 */
export function hangingEsbuild(project: TestProject, times: number): NodeJS.ProcessEnv {
  const real = path.join(root, `node_modules/@esbuild/${process.platform}-${process.arch}/bin/esbuild`);
  project.write("esbuild.sh", `#!/bin/sh\necho >> started\n[ $(wc -l < started) -gt ${times} ] && exec "${real}" "$@"\nexec sleep 300\n`);
  chmodSync(project.path("esbuild.sh"), 0o755);
  return { ESBUILD_BINARY_PATH: project.path("esbuild.sh") };
}
