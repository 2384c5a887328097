import path from "node:path";
import type { Message } from "esbuild";
import { fail } from "../errors.ts";
import { nearest } from "../nearest.ts";
import { stepPattern } from "./discover.ts";
import { type Offers, whole } from "./exports.ts";
import { isApi, stepBehind } from "./swapped.ts";

/** esbuild takes `import(`./${name}.ts`)` as an import of all files that fit: every one would be an input. */
export function refuseGlobs(inputs: Readonly<Record<string, { imports: { path: string }[] }>>): void {
  for (const [file, { imports }] of Object.entries(inputs)) {
    const glob = imports.find((each) => each.path.includes("*"));
    if (glob) refuseComputed({ place: { file } }, glob.path);
  }
}

function refuseComputed(where: object, pattern = "", word = "import"): never {
  return fail("E_COMPUTED_IMPORT", `${word}() of a computed path${pattern && ` (${pattern})`}: the graph cannot know what it imports`, {
    ...where,
    remedy: "write the path as a literal, or import all candidates and choose between them",
  });
}

/** esbuild's message as ours: code, place, remedy. */
export function explain(message: Message, exports: Offers): never {
  const at = message.location;
  const place = at ? { place: { file: at.file, line: at.line, column: at.column + 1 } } : {};
  const step = at && stepPattern.test(path.basename(at.file)) ? { step: path.basename(at.file).replace(/\.[^.]+$/, "") } : {};
  const missing = /^No matching export in "([^"]+)" for import "([^"]+)"/.exec(message.text);
  if (missing) return missingExport(missing[1]!, missing[2]!, { ...place, ...step }, exports);
  if (message.id === "unsupported-require-call") return refuseComputed({ ...place, ...step }, "", "require");
  if (message.id === "unsupported-dynamic-import" || message.text.includes("not a string literal")) {
    return refuseComputed({ ...place, ...step });
  }
  const unreadable = /^The entry point "([^"]+)" cannot be marked as external/.exec(message.text)?.[1];
  if (unreadable !== undefined)
    return fail("E_IMPORT", `${unreadable} is not a file that can be read`, {
      place: { file: unreadable },
      remedy: "is it a link that leads nowhere, or a folder?",
    });
  if (/^Could not resolve/.test(message.text)) {
    return fail("E_IMPORT", message.text.toLowerCase().startsWith("could") ? `cannot find ${message.text.slice(18)}` : message.text, {
      ...place,
      ...step,
      remedy: "check the path, its extension included",
    });
  }
  const unknown = /^No loader is configured for "[^"]*" files: (.*)/.exec(message.text)?.[1];
  if (unknown !== undefined)
    return fail("E_IMPORT", `${unknown} is not a module: code, JSON and .txt can be imported`, {
      ...place,
      ...step,
      remedy: "read it: by csv(), parquet(), sql`…` or node:fs",
    });
  return fail("E_SYNTAX", `${message.text}${at ? `\n  ${at.lineText.trim()}` : ""}`, {
    ...place,
    ...step,
    remedy: "mend the code at that place",
  });
}

function missingExport(module: string, name: string, where: object, exports: Offers): never {
  const step = stepBehind(module);
  if (step === undefined) {
    const known = isApi(module) ? "stepbook" : module;
    return fail("E_MISSING_EXPORT", `${known} has no export "${name}"`, { ...where, remedy: "check the name" });
  }
  const config = name === "config" ? "config holds a step's settings and is not an artifact; " : "";
  return fail("E_MISSING_EXPORT", `step ${step} has no export "${name}"`, {
    ...where,
    remedy:
      config +
      nearest(
        name,
        (exports.get(step) ?? []).filter((each) => each !== whole),
      ),
  });
}
