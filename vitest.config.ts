import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const source = (file: string) => fileURLToPath(new URL(`src/${file}`, import.meta.url));

export default defineConfig({
  resolve: { alias: [{ find: /^stepbook$/, replacement: source("step/api.ts") }, { find: /^stepbook\/runner$/, replacement: source("main.ts") }, { find: /^stepbook\/schedule$/, replacement: source("schedule/schedule.ts") }] },
  test: {
    include: ["test/**/*.test.ts"],
    // Most tests start real processes; the machines that run them are shared and slow at times.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 20_000 } },
    pool: "forks",
    // The oracle makes hundreds of projects in its process: a sixth of its time went to collecting what is young.
    execArgv: ["--max-semi-space-size=64"],
    // Vitest leaves one core free for itself; the tests wait for processes most of the time.
    maxWorkers: 2,
    globalSetup: ["test/rig/build.ts"],
    reporters: ["default", "test/rig/chaos-time.ts"],
  },
});
