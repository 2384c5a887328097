import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { apiCall, inputCall, inputLabel, metaCall, requireCall, resolveCall } from "../graph/names.ts";
import * as api from "../step/api.ts";
import { atHand, watching } from "./at-hand.ts";
import { noteLookups } from "./observe-modules.ts";

// As it is before it is watched.
const { argv } = process;

/** How the step's bundle resolves names of packages. */
let resolvePackage: ((specifier: string) => string) | undefined;

/**
 * Provides what a bundle calls in place of what the step's modules say.
 * @param knowsMain whether this Node says by `import.meta.main` which module it was started with
 */
export function defineGlobals(knowsMain: boolean): void {
  const define = (name: string, value: unknown) => Object.defineProperty(globalThis, name, { value });
  define(apiCall, (name: string) => (api as Record<string, unknown>)[name]);
  define(inputCall, (step: string, name: string) => atHand().inputs.get(inputLabel(step, name)));
  define(metaCall, (file: string) => {
    const { job, notes } = atHand();
    notes.machine("project");
    return metaOf(path.join(job.project, file), file === job.file, knowsMain);
  });
  define(resolveCall, (resolve: (specifier: string) => string) => void (resolvePackage = resolve));
  define(requireCall, () => createRequire(path.join(atHand().job.project, "package.json")));
}

/** `import.meta` of a source file; hidden on it: `entry` (is it the step's own file), `argv`, `find` (`require.resolve`). */
function metaOf(filename: string, entry: boolean, knowsMain: boolean): object {
  const { href: url } = pathToFileURL(filename);
  const resolve = (specifier: string) => {
    if (/^\.{0,2}\//.test(specifier)) return new URL(specifier, url).href;
    noteLookups(watching, specifier, filename);
    return resolvePackage!(specifier);
  };
  const meta = { dirname: path.dirname(filename), filename, ...(knowsMain ? { main: entry } : {}), resolve, url };
  const find = () => createRequire(filename).resolve;
  return Object.defineProperties(meta, { entry: { value: entry }, argv: { get: () => (watching.script(), argv) }, find: { get: find } });
}
