// Makes the package in dist/: plain JavaScript and types. `npm pack` runs it.
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { build, type BuildOptions } from "esbuild";
import { buildCommand } from "./src/command-scripts.ts";
import { buildDuckdb } from "./src/execute/duckdb-script.ts";
import { firstModule } from "./src/execute/protocol.ts";
import { buildChild, graphDigest } from "./src/execute/runtime.ts";
import { sabotageOptions } from "./src/sabotage.ts";
import { buildAssets } from "./src/serve/assets.ts";
import { digestOf } from "./src/store/digest.ts";

/**
 * Builds the package's plain JavaScript from this repository's sources.
 * @param tested with the faults that tests may switch on
 */
export async function buildPackage(root: string, outdir: string, tested = false): Promise<void> {
  rmSync(outdir, { recursive: true, force: true });
  const sabotages: BuildOptions = sabotageOptions(tested);
  const { version } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8")) as { version: string };
  const common: BuildOptions = { absWorkingDir: root, outdir, bundle: true, platform: "node", target: "node20", ...sabotages, define: { ...sabotages.define, STEPBOOK_VERSION: JSON.stringify(version) } };
  const command = await buildCommand(common);
  mkdirSync(outdir, { recursive: true });
  writeFileSync(path.join(outdir, "command.cjs"), command.first);
  writeFileSync(path.join(outdir, "command.rest.cjs"), command.rest);
  const entryPoints = { api: "src/step/api.ts", schedule: "src/schedule/schedule.ts", ...Object.fromEntries(command.apart) };
  await build({ ...common, entryPoints, splitting: true, format: "esm", packages: "external", chunkNames: "[name]-[hash]" });
  writeFileSync(path.join(outdir, "runner.js"), runner);
  const digest = (text: string) => JSON.stringify(digestOf(text).slice(0, 16));
  const define = { COMMAND_DIGEST: digest(command.first), REST_DIGEST: digest(command.rest) };
  await build({ ...common, entryPoints: { bin: "src/bin.ts" }, format: "cjs", outExtension: { ".js": ".cjs" }, define });
  const child = await buildChild(root, tested);
  writeFileSync(path.join(outdir, "child.cjs"), child.program);
  writeFileSync(path.join(outdir, "child.script.cjs"), child.script);
  writeFileSync(path.join(outdir, firstModule.file), firstModule.text);
  writeFileSync(path.join(outdir, "duckdb.cjs"), await buildDuckdb(root));
  for (const [name, text] of Object.entries(await buildAssets(root))) writeFileSync(path.join(outdir, name), text);
  // The engine is the same one: what either made is reused by the other.
  const shipped = tested ? await buildChild(root) : child;
  writeFileSync(path.join(outdir, "runtime.json"), JSON.stringify({ api: child.api, digest: digestOf(shipped.program), graph: graphDigest(root) }));
}

/** What `runner.ts` imports. Required: to import a script of CommonJS by name, Node compiles a parser for it first. */
const runner = 'import { createRequire } from "node:module";\n\nexport const { main, runCommand } = createRequire(import.meta.url)("./bin.cjs");\n';

if (process.argv[1] === import.meta.filename) {
  const root = import.meta.dirname;
  await buildPackage(root, path.join(root, "dist"));
  execFileSync("npx", ["tsc", "-p", "tsconfig.build.json"], { cwd: root, stdio: "inherit" });
}
