/** Where there is no /proc, `ps` tells when a process started. */
import { spawnSync } from "node:child_process";
import { expect, onTestFinished, test, vi } from "vitest";
import { identify } from "../../src/record/processes.ts";

test.runIf(spawnSync("ps", ["-o", "lstart=", "-p", String(process.pid)]).status === 0)(
  "a process is the same one in each time zone and language",
  () => {
    const { platform } = process;
    onTestFinished(() => {
      vi.unstubAllEnvs();
      Object.defineProperty(process, "platform", { value: platform });
    });
    Object.defineProperty(process, "platform", { value: "darwin" });
    const here = identify(process.pid);
    expect(here?.started).toMatch(/\d/);
    vi.stubEnv("TZ", "Asia/Tokyo");
    expect(identify(process.pid)).toEqual(here);
    vi.stubEnv("TZ", "America/New_York");
    expect(identify(process.pid)).toEqual(here);
  },
);
