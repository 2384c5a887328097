import { readFileSync, realpathSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { build, type ImportKind, type OnResolveArgs, type OnResolveResult, type Plugin, type PluginBuild } from "esbuild";
import { askEsbuild } from "./ask-esbuild.ts";
import { conditions } from "./conditions.ts";
import { modulesAbove, packageOf } from "./package-names.ts";

/** Whether a package lies where packages are installed; one that does not is linked, from a workspace. @param folder where it really lies */
export function isInstalled(folder: string): boolean {
  return folder.split(path.sep).includes("node_modules");
}

/** A package's file that a bundle does not find by the specifier alone. */
export type PackageFile =
  /** TypeScript outside of `node_modules`, or what a project imports by its own name: a source like any other. */
  | { readonly kind: "source"; readonly file: string }
  /** Another than the project's own of that name, or one that the project does not have. @property folder as Node finds it */
  | { readonly kind: "elsewhere"; readonly file: string; readonly folder: string };

/** As esbuild is told. */
export function leadsTo(found: PackageFile, kind: ImportKind): OnResolveResult {
  if (found.kind === "source") return { path: found.file, sideEffects: true };
  return { path: isRequire(kind) ? found.file : pathToFileURL(found.file).href, external: true };
}

const isRequire = (kind: ImportKind) => kind.startsWith("require");

/**
 * Finds packages as Node does: from the file that imports them. The bundle, which lies in the project, would find those of the project,
 * and Node cannot read TypeScript: a workspace links packages that are written in it.
 */
export class PackagePaths {
  readonly #project: string;
  readonly #found = new Map<string, Promise<PackageFile | undefined>>();

  constructor(project: string) {
    this.#project = project;
  }

  /** @returns undefined where the specifier itself will do in the bundle, or where it names no package */
  async find(args: OnResolveArgs, builder: PluginBuild): Promise<PackageFile | undefined> {
    const { path: specifier, resolveDir, kind } = args;
    const name = packageOf(specifier);
    if (name === undefined) return undefined;
    const key = `${resolveDir}\0${specifier}\0${kind}`;
    const found = await (this.#found.get(key) ?? this.#found.set(key, this.#find(name, specifier, resolveDir, kind)).get(key)!);
    // A tsconfig.json may send the name somewhere else.
    return found && (await askEsbuild(builder, args, specifier)).external ? found : undefined;
  }

  async #find(name: string, specifier: string, from: string, kind: ImportKind): Promise<PackageFile | undefined> {
    if (isItself(name, from)) {
      const file = await resolved(specifier, from, kind);
      return file === undefined ? undefined : { kind: "source", file };
    }
    const found = findPackage(name, from);
    if (!found) return undefined;
    const own = findPackage(name, this.#project)?.real === found.real;
    const linked = !isInstalled(found.real);
    if (own && !linked) return undefined;
    const file = await resolved(specifier, from, kind);
    if (file === undefined) return undefined;
    if (linked && /\.[cm]?tsx?$/.test(file)) return { kind: "source", file };
    return own ? undefined : { kind: "elsewhere", file, folder: found.folder };
  }
}

/** Whether a file in this folder is of that package, which says by `exports` how it is imported: Node looks there before all else. */
function isItself(name: string, from: string): boolean {
  for (let folder = from; ; folder = path.dirname(folder)) {
    try {
      const manifest = JSON.parse(readFileSync(path.join(folder, "package.json"), "utf8")) as { name?: unknown; exports?: unknown };
      return manifest.name === name && manifest.exports !== undefined;
    } catch {
      if (path.dirname(folder) === folder) return false;
    }
  }
}

function findPackage(name: string, from: string): { folder: string; real: string } | undefined {
  for (const modules of modulesAbove(from)) {
    const folder = path.join(modules, name);
    try {
      return { folder, real: realpathSync.native(folder) };
    } catch {
      // Perhaps further up.
    }
  }
  return undefined;
}

/** The file that an import of the specifier leads to, by the rules of Node. */
async function resolved(specifier: string, from: string, kind: ImportKind): Promise<string | undefined> {
  let file: string | undefined;
  const first: Plugin = {
    name: "first-file",
    setup(builder) {
      builder.onLoad({ filter: /.*/ }, (args) => {
        file ??= args.path;
        return { contents: "" };
      });
    },
  };
  const name = JSON.stringify(specifier);
  const contents = isRequire(kind) ? `require(${name})` : `export * from ${name}`;
  await build({
    stdin: { contents, resolveDir: from },
    bundle: true,
    write: false,
    platform: "node",
    format: "esm",
    conditions: conditions(),
    mainFields: ["main"],
    logLevel: "silent",
    plugins: [first],
  }).catch(() => {});
  return file;
}
