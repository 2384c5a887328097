import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { modulesAbove } from "../../graph/package-names.ts";
import type { Graph, Step } from "../../model.ts";
import { countOf } from "../../report/format.ts";
import { type Check, guarded, ok, warning, wrong } from "./check.ts";

/** The graph, its params, and the results tables if a step records. */
export function checkGraph(project: string): Promise<Check[]> {
  return guarded("steps", "mend the code at that place", async () => {
    const { findRuntime } = await import("../../execute/runtime.ts");
    const { readGraph } = await import("../../graph/graph.ts");
    const graph = await readGraph(project, (await findRuntime()).api);
    return [
      ok("steps", `${countOf(graph.steps.length, "step")}, a valid graph`),
      checkParams(graph),
      ...(await checkResults(project, graph)),
    ];
  });
}

/** One name with two defaults is two params that `-p` sets at once. */
function checkParams({ steps }: Graph): Check {
  const uses = new Map<string, { step: Step; value: unknown }[]>();
  for (const step of steps)
    for (const { name, default: value } of step.params) uses.set(name, [...(uses.get(name) ?? []), { step, value }]);
  const twofold = [...uses].filter(([, all]) => new Set(all.map(({ value }) => JSON.stringify(value))).size > 1);
  const [first] = twofold;
  if (!first) return ok("params", countOf(uses.size, "param"));
  const [name, all] = first;
  const where = all.map(({ step, value }) => `${JSON.stringify(value)} in ${step.id}`).join(", ");
  const more = twofold.length > 1 ? ` (and ${countOf(twofold.length - 1, "more param")})` : "";
  return warning(
    "params",
    `${name} has different defaults: ${where}${more}`,
    "declare it once, export its value and import that, or give the two different names",
  );
}

async function checkResults(project: string, { steps }: Graph): Promise<Check[]> {
  const recording = steps.find((step) => step.uses.includes("record"));
  if (!recording && !existsSync(path.join(project, "experiments.sql"))) return [];
  return guarded("experiments.sql", "mend the DDL", async () => {
    const { readResultTables } = await import("../../record/experiments.ts");
    const { tables } = readResultTables(project);
    return [ok("experiments.sql", [...tables].map(([name, columns]) => `${name}, ${countOf(columns.length, "column")}`).join("; "))];
  });
}

export function checkModuleType(project: string): Promise<Check[]> {
  return guarded("package.json", "mend package.json", () => {
    const file = path.join(project, "package.json");
    const remedy = 'write "type": "module" into package.json: a step then runs alone too (npx tsx steps/10_x.ts), top-level await and all';
    if (!existsSync(file)) return [warning("package.json", "there is none", remedy)];
    const { type } = JSON.parse(readFileSync(file, "utf8")) as { type?: unknown };
    return [type === "module" ? ok("package.json", '"type": "module"') : warning("package.json", '"type" is not "module"', remedy)];
  });
}

export function checkIgnored(project: string): Check[] {
  const { status, error } = spawnSync("git", ["check-ignore", "-q", ".stepbook/state.db"], { cwd: project, stdio: "ignore" });
  if (error || status === 128) return [];
  if (status === 0) return [ok("git", ".stepbook/ is ignored")];
  return [warning("git", ".stepbook/ is not ignored", "add the line `.stepbook/` to .gitignore: it holds data and state of this machine")];
}

/** Errors of types that are shown; the first says most. */
const mostErrors = 5;

/** The project's own TypeScript: its version and its settings. */
export function checkTypes(project: string): Check[] {
  const tsc = modulesAbove(project)
    .map((modules) => path.join(modules, "typescript/bin/tsc"))
    .find((file) => existsSync(file));
  if (tsc === undefined) return [warning("types", "not checked: typescript is not installed here", "npm install --save-dev typescript")];
  if (!existsSync(path.join(project, "tsconfig.json")))
    return [warning("types", "not checked: there is no tsconfig.json", "write one: docs/tutorial.md of stepbook shows it")];
  const { status, stdout, error } = spawnSync(process.execPath, [tsc, "--noEmit", "--pretty", "false"], {
    cwd: project,
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  if (error) return [warning("types", `not checked: ${error.message}`, "run `npx tsc --noEmit` yourself")];
  if (status === 0) return [ok("types", "no type errors")];
  const errors = stdout.split("\n").filter((line) => /\berror TS\d+:/.test(line));
  const shown = errors.slice(0, mostErrors).map((line) => line.replace(/^(.+?)\((\d+),(\d+)\): error /, "$1:$2:$3 "));
  return [wrong("types", [countOf(errors.length, "type error"), ...shown].join("\n"), "`npx tsc --noEmit` shows them all")];
}
