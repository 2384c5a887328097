import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { BuildOptions } from "esbuild";
import { builtins, builtinsHead } from "../builtins.ts";
import { modulesAbove } from "../graph/package-names.ts";
import { sabotageOptions } from "../sabotage.ts";
import { digestOf } from "../store/digest.ts";
import { buildDuckdb } from "./duckdb-script.ts";
import { firstModule } from "./protocol.ts";

/** The plain JavaScript that a step's process runs, and what the step API offers. */
export interface Runtime {
  /** Absolute path of the child's program. */
  readonly child: string;
  /** Names that `import … from "stepbook"` offers. */
  readonly api: readonly string[];
  /** Versions of everything of ours that a result depends on. */
  readonly engine: string;
  /** Versions of all that reads a graph. */
  readonly maker: string;
}

interface Built {
  readonly api: readonly string[];
  readonly digest: string;
  /** Of the code that reads a graph. */
  readonly graph: string;
}

const here = path.dirname(fileURLToPath(import.meta.url));
const fromSource = import.meta.url.endsWith(".ts");

let found: Promise<Runtime> | undefined;

/** In an installed package it lies beside this file, built; in the repository it is built on demand. Once per process. */
export function findRuntime(): Promise<Runtime> {
  return (found ??= find());
}

async function find(): Promise<Runtime> {
  const root = path.resolve(here, fromSource ? "../.." : "..");
  const { child, built } = fromSource ? await buildFromSource(root) : readBuilt(here);
  const esbuild = versionOf(root, "esbuild");
  return {
    child,
    api: built.api,
    engine: engineVersions(root, built.digest, esbuild),
    maker: `${built.graph} ${esbuild} ${versionOf(root, "acorn")}`,
  };
}

function readBuilt(folder: string): { child: string; built: Built } {
  return { child: path.join(folder, "child.cjs"), built: JSON.parse(readFileSync(path.join(folder, "runtime.json"), "utf8")) as Built };
}

async function buildFromSource(root: string): Promise<{ child: string; built: Built }> {
  const { program, script, api } = await buildChild(root);
  const digest = digestOf(program);
  const folder = path.join(root, "node_modules", ".cache", "stepbook", versionOf(root, "@duckdb/node-api"));
  const child = path.join(folder, `child-${digest.slice(0, 16)}.cjs`);
  await make(child.replace(/\.cjs$/, ".script.cjs"), () => script);
  await make(child, () => program);
  await make(path.join(folder, firstModule.file), () => firstModule.text);
  await make(path.join(folder, "duckdb.cjs"), () => buildDuckdb(root));
  return { child, built: { api, digest, graph: graphDigest(root) } };
}

/** Another process may be about to make it, too. */
async function make(file: string, text: () => string | Promise<string>): Promise<void> {
  if (existsSync(file)) return;
  mkdirSync(path.dirname(file), { recursive: true });
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, await text());
  renameSync(draft, file);
}

/** Of the code that reads graphs: what other code has kept is read anew. */
export function graphDigest(root: string): string {
  const folder = path.join(root, "src", "graph");
  return digestOf(
    readdirSync(folder)
      .sort()
      .map((file) => readFileSync(path.join(folder, file), "utf8"))
      .join("\0"),
  ).slice(0, 16);
}

/**
 * The child's script, the program that starts it and holds its digest, and the names that the step API offers. Also used by the
 * package's build. CommonJS, since Node starts that in half the time of a module with its many imports: a step waits for it.
 */
export async function buildChild(root: string, tested = false): Promise<{ program: string; script: string; api: string[] }> {
  const { build } = await import("esbuild");
  const common: BuildOptions = {
    absWorkingDir: root,
    outdir: "out",
    bundle: true,
    write: false,
    platform: "node",
    target: "node20",
    external: ["@duckdb/node-api"],
  };
  const [child, api] = await Promise.all([
    build({
      ...common,
      entryPoints: ["src/execute/child.ts"],
      format: "cjs",
      define: commonPlaces,
      sourcemap: false,
      ...sabotages(tested),
    }),
    build({ ...common, entryPoints: ["src/step/api.ts"], format: "esm", metafile: true }),
  ]);
  // Kept code cannot import() by itself: the program that starts it does. Most steps hash and unpack nothing.
  const text = builtins(child.outputFiles![0]!.text, ["crypto", "v8", "zlib"]);
  const script = `const __child_import = module.importer;\n${builtinsHead}\n${text.replace(/\bimport\(/g, "__child_import(")}`;
  const define = { SCRIPT_DIGEST: JSON.stringify(digestOf(script).slice(0, 16)) };
  const program = await build({ ...common, entryPoints: ["src/execute/start-child.ts"], format: "cjs", define });
  return { program: program.outputFiles![0]!.text, script, api: Object.values(api.metafile!.outputs)[0]!.exports.sort() };
}

/** What CommonJS calls them. */
const commonPlaces = { "import.meta.dirname": "__dirname", "import.meta.filename": "__filename" };

function sabotages(tested: boolean): BuildOptions {
  const options = sabotageOptions(tested);
  return "define" in options ? { define: { ...commonPlaces, ...options.define } } : options;
}

function engineVersions(root: string, digest: string, esbuild: string): string {
  return [
    `stepbook-${digest.slice(0, 12)}`,
    `node-${process.versions.node.split(".")[0]}`,
    `${process.platform}-${process.arch}`,
    `esbuild-${esbuild}`,
    `duckdb-${versionOf(root, "@duckdb/node-api")}`,
  ].join(" ");
}

/** Version of a dependency, from the folder of the nearest node_modules that has it. */
function versionOf(from: string, name: string): string {
  const file = modulesAbove(from)
    .map((modules) => path.join(modules, name, "package.json"))
    .find((each) => existsSync(each));
  return file === undefined ? "none" : (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}
