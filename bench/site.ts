import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

/** Where a bench works: a temporary folder with the package installed, and the projects that use it. */
export interface Site {
  readonly quick: boolean;
  readonly root: string;
  readonly folder: string;
  /** `node_modules/.bin/stepbook` of the packed package. */
  readonly command: string;
  /** A new folder with these files, from which the package can be imported. */
  project(name: string, files: Readonly<Record<string, string>>): string;
  /** The same package with a folder of its own below this one: for projects of the same names. */
  below(name: string): Site;
  dispose(): void;
}

export function makeSite(root: string, quick: boolean): Site {
  const whole = mkdtempSync(path.join(tmpdir(), "stepbook-bench-"));
  return siteIn(whole, install(root, whole), root, quick);
}

function siteIn(folder: string, modules: string, root: string, quick: boolean): Site {
  mkdirSync(folder, { recursive: true });
  const project = (name: string, files: Readonly<Record<string, string>>) => {
    const made = path.join(folder, name);
    write(made, { "package.json": '{ "type": "module" }', ...files });
    symlinkSync(modules, path.join(made, "node_modules"));
    return made;
  };
  const below = (name: string) => siteIn(path.join(folder, name), modules, root, quick);
  return {
    quick,
    root,
    folder,
    command: path.join(modules, ".bin", "stepbook"),
    project,
    below,
    dispose: () => rmSync(folder, { recursive: true, force: true }),
  };
}

export function write(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    writeFileSync(path.join(folder, file), text);
  }
}

/**
 * The package as npm packs it, unpacked where npm would put it. What it depends on is linked from the
 * repository, so that nothing is downloaded or compiled.
 */
function install(root: string, folder: string): string {
  const modules = path.join(folder, "installed", "node_modules");
  const own = path.join(modules, "stepbook");
  mkdirSync(own, { recursive: true });
  const packed = execFileSync("npm", ["pack", "--silent", "--pack-destination", folder], { cwd: root, encoding: "utf8" })
    .trim()
    .split("\n")
    .at(-1)!;
  execFileSync("tar", ["-xzf", path.join(folder, packed), "-C", own, "--strip-components", "1"]);
  for (const name of readdirSync(path.join(root, "node_modules"))) {
    if (!name.startsWith(".") && name !== "stepbook") symlinkSync(path.join(root, "node_modules", name), path.join(modules, name));
  }
  mkdirSync(path.join(modules, ".bin"));
  symlinkSync("../stepbook/dist/bin.cjs", path.join(modules, ".bin", "stepbook"));
  execFileSync("chmod", ["+x", path.join(own, "dist", "bin.cjs")]);
  symlinkSync(path.join(root, "node_modules", ".bin", "tsx"), path.join(modules, ".bin", "tsx"));
  return modules;
}
