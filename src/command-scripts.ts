/** How the package's build makes the command's two scripts; no part of the command. */
import path from "node:path";
import { build, type BuildOptions, type Metafile, type Plugin } from "esbuild";
import { builtins, builtinsHead } from "./builtins.ts";

interface CommandScripts {
  /** What every run loads, up to where it is known that nothing has changed. */
  readonly first: string;
  /** What the others load, too. */
  readonly rest: string;
  /** The other commands: name of the script → its source. */
  readonly apart: ReadonlyMap<string, string>;
}

const entries = ["src/main.ts", "src/command/run.ts"];

/**
 * The command in two scripts, each loaded whole: Node opens one file instead of some seventy, and V8 has the compiled code of it. Of
 * CommonJS, whose modules esbuild can put in one file and start only when they are asked for. What is reached by an `import()`
 * alone is in the second; it has the modules of the first from there, so that there is one of each.
 */
export async function buildCommand(common: BuildOptions): Promise<CommandScripts> {
  const root = common.absWorkingDir!;
  const apart = new Map<string, string>();
  const base: BuildOptions = { ...common, ...options(common) };
  const plugins = [commandsApart(apart), addonAtOnce, keptPackages(root)];
  const whole = await build({ ...base, metafile: true, entryPoints: [entries[0]!], plugins });
  const first = reachedFrom(entries, whole.metafile!);
  const later = laterModules(first, whole.metafile!);
  const script = async (contents: string, plugin: Plugin) => {
    const { outputFiles } = await build({ ...base, stdin: { contents, resolveDir: root, loader: "js" }, plugins: [plugin, ...plugins] });
    return builtins(outputFiles![0]!.text, notForNothing).replace(/\bimport\((?=")/g, "__command_import(");
  };
  const shared = [...first].filter((file) => file.startsWith("src/"));
  return {
    first: await script(
      `exports.command = require("./src/main.ts");\nexports.shared = ${tableOf(shared)};`,
      elsewhere(root, "rest:", (file, kind) => kind === "dynamic-import" && later.has(file)),
    ),
    rest: await script(
      `module.exports = ${tableOf([...later])};`,
      elsewhere(root, "first:", (file) => first.has(file)),
    ),
    apart,
  };
}

/** Name of each module → what starts it. */
function tableOf(files: readonly string[]): string {
  return `{ ${files.map((file) => `${JSON.stringify(file)}: () => require(${JSON.stringify(`./${file}`)})`).join(", ")} }`;
}

function reachedFrom(files: readonly string[], { inputs }: Metafile): Set<string> {
  const reached = new Set(files);
  for (const file of reached)
    for (const { kind, path: next } of inputs[file]?.imports ?? []) if (kind !== "dynamic-import" && inputs[next]) reached.add(next);
  return reached;
}

/** What the modules import() that is in none of the first script. */
function laterModules(first: ReadonlySet<string>, { inputs }: Metafile): Set<string> {
  const imported = Object.values(inputs).flatMap(({ imports }) =>
    imports.filter(({ kind, path: next }) => kind === "dynamic-import" && inputs[next] && !first.has(next)),
  );
  return new Set(imported.map((each) => each.path).filter((file) => file.startsWith("src/")));
}

/** Modules that are in the other script are asked for by a prefix. */
function elsewhere(root: string, prefix: string, isThere: (file: string, kind: string) => boolean): Plugin {
  return {
    name: "elsewhere",
    setup: (building) =>
      building.onResolve({ filter: /^\.{1,2}\// }, ({ path: name, resolveDir, kind, importer }) => {
        const file = path.relative(root, path.resolve(resolveDir, name));
        // The entry itself lists what is to be in this script.
        return importer !== "<stdin>" && isThere(file, kind) ? { path: `${prefix}${file}`, external: true } : undefined;
      }),
  };
}

const options = ({ define = {} }: BuildOptions): BuildOptions => ({
  format: "cjs",
  write: false,
  logOverride: { "require-resolve-not-external": "silent" },
  // Native ones, and those that no short run loads.
  external: ["*.node", "@duckdb/node-api", "diff", "pg", "pg-copy-streams", "@opentelemetry/*"],
  // Code that V8 had kept cannot import by itself: bin.cjs hands it a function for that.
  banner: {
    js: `
const __command_url = require("node:url").pathToFileURL(__filename).href, __command_import = module.importer ?? ((name) => import(name));
${builtinsHead}`,
  },
  define: { ...define, "import.meta.url": "__command_url", "import.meta.dirname": "__dirname", "import.meta.filename": "__filename" },
});

/** Builtins that a run which finds nothing to do has no use for. */
const notForNothing = ["child_process", "crypto", "fs/promises", "module", "timers/promises", "stream", "stream/promises", "util"];

/** better-sqlite3 looks for its addon in a dozen places; it is in the first of them, where npm puts it. */
const addonAtOnce: Plugin = {
  name: "addon-at-once",
  setup: (building) => {
    building.onResolve({ filter: /^bindings$/ }, () => ({ path: "bindings", namespace: "addon" }));
    building.onLoad({ filter: /.*/, namespace: "addon" }, () => ({ contents: addon }));
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
function keptPackages(root: string): Plugin {
  return {
    name: "kept-packages",
    setup: (building) => {
      building.onResolve({ filter: /^(?:acorn|esbuild)$/ }, ({ path: name }) => ({ path: name, namespace: "kept" }));
      building.onLoad({ filter: /.*/, namespace: "kept" }, ({ path: name }) => ({
        contents: `const { exports, keep } = require("./src/kept-code.ts").requireKept(require.resolve("${name}"), __dirname);\nprocess.once("exit", keep);\nmodule.exports = exports;`,
        resolveDir: root,
      }));
    },
  };
}

/** The other commands stay files of their own, with what they share. Adds their entry points. */
function commandsApart(apart: Map<string, string>): Plugin {
  const resolve = ({ kind, path: file, importer }: { kind: string; path: string; importer: string }) => {
    if (kind !== "dynamic-import" || path.basename(importer) !== "program.ts" || file === "./command/run.ts") return undefined;
    const name = file.slice(2, -3).replaceAll("/", "-");
    apart.set(name, path.join("src", file));
    return { path: `./${name}.js`, external: true };
  };
  return { name: "commands-apart", setup: (building) => building.onResolve({ filter: /^\.\// }, resolve) };
}
