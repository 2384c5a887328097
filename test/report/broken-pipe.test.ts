import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { makeReport } from "../../src/report/make.ts";
import { firstRun, firstRunEnd } from "./script.ts";
import { FakeStream } from "./terminal.ts";

const fixture = fileURLToPath(new URL("talk.ts", import.meta.url));
const tsx = fileURLToPath(new URL("../../node_modules/tsx/dist/cli.mjs", import.meta.url));

it.each(["--json", "--plain"])("%s goes on quietly when its reader has gone", async (flag) => {
  const child = spawn(process.execPath, [tsx, fixture, flag], { stdio: ["ignore", "pipe", "pipe"] });
  child.stdout.once("data", () => child.stdout.destroy());
  let stderr = "";
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const code = await new Promise((resolve) => child.once("close", resolve));
  expect(code).toBe(0);
  expect(stderr).not.toContain("EPIPE");
  expect(stderr).toContain("went on to the end");
});

it.each([undefined, 80])("streams that throw or fail are left alone (columns: %s)", async (columns) => {
  const [out, err] = [new FakeStream(columns), new FakeStream(columns)];
  const report = makeReport({ json: false, stdout: out.stream, stderr: err.stream, env: {} });
  err.destroy(Object.assign(new Error("write EPIPE"), { code: "EPIPE" }));
  out.write = () => {
    throw Object.assign(new Error("write EPIPE"), { code: "EPIPE" });
  };
  for (const event of [...firstRun, firstRunEnd]) report.event(event);
  report.failure({ code: "E_INTERNAL", message: "x" });
  report.close();
  await new Promise((resolve) => setTimeout(resolve, 20));
});
