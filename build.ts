// Makes the package in dist/: plain JavaScript and types. `npm pack` runs it.
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { build, type BuildOptions, type Plugin } from "esbuild";
import { buildDuckdb } from "./src/execute/duckdb-script.ts";
import { buildChild, graphDigest } from "./src/execute/runtime.ts";
import { sabotageOptions } from "./src/sabotage.ts";
import { buildAssets } from "./src/serve/assets.ts";
import { digestText } from "./src/store/text.ts";

/**
 * Builds the package's plain JavaScript from this repository's sources.
 * @param tested with the faults that tests may switch on
 */
export async function buildPackage(root: string, outdir: string, tested = false): Promise<void> {
  rmSync(outdir, { recursive: true, force: true });
  const sabotages: BuildOptions = sabotageOptions(tested);
  const common: BuildOptions = { absWorkingDir: root, outdir, bundle: true, platform: "node", target: "node20", ...sabotages };
  const apart = new Map<string, string>();
  const command = await build({ ...common, ...commandOptions, entryPoints: { command: "src/main.ts" }, define: { ...commandOptions.define, ...(sabotages.define ?? {}) }, plugins: [commandsApart(apart), addonAtOnce, keptPackages] });
  const text = laterBuiltins(command.outputFiles![0]!.text).replace(/\bimport\((?=")/g, "__command_import(");
  mkdirSync(outdir, { recursive: true });
  writeFileSync(path.join(outdir, "command.cjs"), text);
  const entryPoints = { api: "src/step/api.ts", schedule: "src/schedule/schedule.ts", ...Object.fromEntries(apart) };
  await build({ ...common, entryPoints, splitting: true, format: "esm", packages: "external", chunkNames: "[name]-[hash]" });
  writeFileSync(path.join(outdir, "runner.js"), runner);
  const define = { COMMAND_DIGEST: JSON.stringify(digestText(text).slice(0, 16)) };
  await build({ ...common, entryPoints: { bin: "src/bin.ts" }, format: "cjs", outExtension: { ".js": ".cjs" }, define });
  const child = await buildChild(root, tested);
  writeFileSync(path.join(outdir, "child.cjs"), child.program);
  writeFileSync(path.join(outdir, "child.script.cjs"), child.script);
  writeFileSync(path.join(outdir, "duckdb.cjs"), await buildDuckdb(root));
  for (const [name, text] of Object.entries(await buildAssets(root))) writeFileSync(path.join(outdir, name), text);
  // The engine is the same one: what either made is reused by the other.
  const shipped = tested ? await buildChild(root) : child;
  writeFileSync(path.join(outdir, "runtime.json"), JSON.stringify({ api: child.api, digest: digestText(shipped.program), graph: graphDigest(root) }));
}

/**
 * The command and `run` in one script: what every run loads. Of CommonJS, whose modules esbuild can put in one file and start
 * only when they are asked for; Node opens that one file instead of some seventy.
 */
const commandOptions: BuildOptions = {
  format: "cjs",
  write: false,
  logOverride: { "require-resolve-not-external": "silent" },
  // Native ones, and those that no short run loads.
  external: ["*.node", "@duckdb/node-api", "diff", "pg", "pg-copy-streams", "@opentelemetry/*"],
  // Code that V8 had kept cannot import by itself: bin.cjs hands it a function for that.
  banner: {
    js: `
const __command_url = require("node:url").pathToFileURL(__filename).href, __command_import = module.importer ?? ((name) => import(name));
const __command_later = (name) => new Proxy({}, { get: (_, key) => require(name)[key] });`,
  },
  define: { "import.meta.url": "__command_url", "import.meta.dirname": "__dirname", "import.meta.filename": "__filename" },
};

/** Builtins that a run which finds nothing to do has no use for are loaded when something of them is used: some are 10 ms. */
function laterBuiltins(text: string): string {
  return text.replace(/(?<= = )require\((?="node:(?:child_process|crypto|fs\/promises|timers\/promises|stream|stream\/promises|util)"\);)/g, "__command_later(");
}

/** better-sqlite3 looks for its addon in a dozen places; it is in the first of them, where npm puts it. */
const addonAtOnce: Plugin = {
  name: "addon-at-once",
  setup: (build) => {
    build.onResolve({ filter: /^bindings$/ }, () => ({ path: "bindings", namespace: "addon" }));
    build.onLoad({ filter: /.*/, namespace: "addon" }, () => ({ contents: addon }));
  },
};

const addon = `
module.exports = (name) => {
  const entry = require.resolve("better-sqlite3");
  try {
    return require(require("node:path").join(entry, "../../build/Release", name));
  } catch (error) {
    if (error.code !== "MODULE_NOT_FOUND") throw error;
    return require("node:module").createRequire(entry)("bindings")(name);
  }
};`;

/** What every run loads in which a source has changed: compiling these is much of it. */
const keptPackages: Plugin = {
  name: "kept-packages",
  setup: (build) => {
    build.onResolve({ filter: /^(?:acorn|esbuild)$/ }, ({ path }) => ({ path, namespace: "kept" }));
    build.onLoad({ filter: /.*/, namespace: "kept" }, ({ path: name }) => ({
      contents: `const { exports, keep } = require("./src/kept-code.ts").requireKept(require.resolve("${name}"), __dirname);\nprocess.once("exit", keep);\nmodule.exports = exports;`,
      resolveDir: import.meta.dirname,
    }));
  },
};

/** The other commands stay files of their own, with what they share. Adds their entry points. */
function commandsApart(entries: Map<string, string>): Plugin {
  const resolve = ({ kind, path: file, importer }: { kind: string; path: string; importer: string }) => {
    if (kind !== "dynamic-import" || path.basename(importer) !== "program.ts" || file === "./command/run.ts") return undefined;
    const name = file.slice(2, -3).replaceAll("/", "-");
    entries.set(name, path.join("src", file));
    return { path: `./${name}.js`, external: true };
  };
  return { name: "commands-apart", setup: (build) => build.onResolve({ filter: /^\.\// }, resolve) };
}

/** What `runner.ts` imports. */
const runner = 'export { main, runCommand } from "./bin.cjs";\n';

if (process.argv[1] === import.meta.filename) {
  const root = import.meta.dirname;
  await buildPackage(root, path.join(root, "dist"));
  execFileSync("npx", ["tsc", "-p", "tsconfig.build.json"], { cwd: root, stdio: "inherit" });
}
