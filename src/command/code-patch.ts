import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { createTwoFilesPatch, FILE_HEADERS_ONLY } from "diff";
import { transform } from "esbuild";
import { bundleFolder } from "../execute/bundles.ts";
import type { Step } from "../model.ts";
import type { KeptRecord } from "../record/records.ts";
import { oneByOne } from "./one-by-one.ts";

/**
 * The unified diff of the code of two records as it ran: without comments and types, helpers
 * included. Null where the code of one of them is no longer kept.
 */
export async function codePatch(project: string, before: KeptRecord, after: KeptRecord): Promise<string | null> {
  return patchOf([nameOf(before), await shownCode(project, before.bundle)], [nameOf(after), await shownCode(project, after.bundle)]);
}

/** The same from a record to the step as it is now. */
export async function codeSince(project: string, before: KeptRecord, now: Step): Promise<string | null> {
  return patchOf([nameOf(before), await shownCode(project, before.bundle)], [now.file, await layOut(now.code.text)]);
}

function nameOf({ run, step }: KeptRecord): string {
  return `${run}/${step}`;
}

function patchOf([oldName, old]: readonly [string, string | null], [newName, fresh]: readonly [string, string | null]): string | null {
  if (old === null || fresh === null) return null;
  return createTwoFilesPatch(oldName, newName, old, fresh, undefined, undefined, { context: 2, headerOptions: FILE_HEADERS_ONLY });
}

/** The code of a bundle as it ran, or null. */
export async function shownCode(project: string, bundle: string | undefined): Promise<string | null> {
  const file = bundle === undefined ? undefined : path.join(bundleFolder(project), bundle);
  if (file === undefined || !existsSync(file)) return null;
  return layOut(readFileSync(file, "utf8").replace(/^\/\/# sourceMappingURL=.*$/gm, ""));
}

/** Bundles have no layout: declarations are taken apart and esbuild gives them lines again. */
async function layOut(text: string): Promise<string> {
  return (await transform(oneByOne(text), { loader: "js", format: "esm", target: "esnext", charset: "utf8", logLevel: "silent" })).code;
}
