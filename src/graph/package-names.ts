import { isBuiltin } from "node:module";
import path from "node:path";

/** Files of a package that cannot change its behaviour, so that changes to them do not count. Texts can: a package may read its own. */
export const inert = /\.(?:d\.[cm]?ts|map)$/i;

/** The package that a specifier names; undefined where it names a path, a URL, one of Node's modules or what `package.json#imports` maps. */
export function packageOf(specifier: string): string | undefined {
  if (/^[./#]|^[a-z]+:/.test(specifier) || isBuiltin(specifier)) return undefined;
  return packageName(specifier);
}

/** The name in a specifier that is known to be a package's. */
export function packageName(specifier: string): string {
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}

/** Marks a package that the importing step can do without: no package's name ends so. */
export function mayLack(name: string): string {
  return `${name}?`;
}

/** What {@link mayLack} says: the name, and whether the step needs the package. */
export function readNeed(name: string): { readonly name: string; readonly needed: boolean } {
  const plain = name.replace(/\?$/, "");
  return { name: plain, needed: plain === name };
}

/** The folders in which Node looks for packages that a file in this one imports. */
export function modulesAbove(folder: string): string[] {
  const above = path.dirname(folder);
  const here = path.join(folder, "node_modules");
  return above === folder ? [here] : [here, ...modulesAbove(above)];
}
