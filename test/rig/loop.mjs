// Loaded ahead of the command (NODE_OPTIONS=--import): notes how long its loop was held, and writes that to LOOP_REPORT at the end.
import { readFileSync, writeFileSync } from "node:fs";

const report = process.env["LOOP_REPORT"];
// Of the command alone, not of the steps' processes that inherit the options.
if (report && /bin\.cjs$/.test(process.argv[1] ?? "")) {
  const cpu = () => (process.platform === "linux" ? Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, "utf8").split(" ")[0]) / 1e6 : performance.now());
  const holds = [];
  let [wall, used] = [performance.now(), cpu()];
  setInterval(() => {
    const now = [performance.now(), cpu()];
    // `at`: when it was held, by the clock.
    if (now[1] - used > 5 || now[0] - wall > 20) holds.push({ at: performance.timeOrigin + wall, wall: now[0] - wall, cpu: now[1] - used });
    [wall, used] = now;
  }, 1).unref();
  process.once("exit", () => writeFileSync(report, JSON.stringify(holds)));
}
