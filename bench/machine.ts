import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus, loadavg, release, totalmem, type } from "node:os";
import path from "node:path";

/** What the figures depend on besides the code. */
export interface Machine {
  readonly facts: readonly (readonly [name: string, value: string])[];
}

export function describeMachine(root: string, loadBefore: readonly number[]): Machine {
  const versionOf = (name: string) =>
    (JSON.parse(readFileSync(path.join(root, "node_modules", name, "package.json"), "utf8")) as { version: string }).version;
  const load = (values: readonly number[]) => values.map((value) => value.toFixed(2)).join(" ");
  return {
    facts: [
      ["date", new Date().toISOString().slice(0, 16).replace("T", " ") + " UTC"],
      ["commit", commit(root)],
      [
        "machine",
        `${cpus().length} × ${cpus()[0]?.model.trim() ?? "unknown"}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, ${type()} ${release()}`,
      ],
      ["load average before, after", `${load(loadBefore)}, ${load(loadavg())}`],
      ["NODE_EXTRA_CA_CERTS", process.env["NODE_EXTRA_CA_CERTS"] ?? "not set"],
      [
        "versions",
        `node ${process.versions.node}, esbuild ${versionOf("esbuild")}, DuckDB ${versionOf("@duckdb/node-api")}, tsx ${versionOf("tsx")}`,
      ],
    ],
  };
}

function commit(root: string): string {
  try {
    return execFileSync("git", ["describe", "--always", "--dirty"], {
      cwd: root,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
  } catch {
    return "unknown";
  }
}
