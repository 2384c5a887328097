// A program that talks on long after its reader has gone.
import { setTimeout as sleep } from "node:timers/promises";
import { makeReport } from "../../src/report/make.ts";
import { firstRun, firstRunEnd } from "./script.ts";

const report = makeReport({ json: process.argv.includes("--json"), stdout: process.stdout, stderr: process.stderr, env: process.env });
for (let n = 0; n < 50; n++) {
  for (const event of [...firstRun, firstRunEnd]) report.event(event);
  await sleep(4);
}
report.close();
process.stderr.write("went on to the end\n");
