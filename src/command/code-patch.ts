import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { createTwoFilesPatch, FILE_HEADERS_ONLY } from "diff";
import { transform } from "esbuild";
import { bundleFolder } from "../execute/bundles.ts";
import type { KeptRecord } from "../record/records.ts";
import { oneByOne } from "./one-by-one.ts";

/**
 * The unified diff of the code of two records as it ran: without comments and types, helpers
 * included. Null where the code of one of them is no longer kept.
 */
export async function codePatch(project: string, before: KeptRecord, after: KeptRecord): Promise<string | null> {
  const [old, fresh] = [await shownCode(project, before), await shownCode(project, after)];
  if (old === null || fresh === null) return null;
  const name = (record: KeptRecord) => `${record.run}/${record.step}`;
  return createTwoFilesPatch(name(before), name(after), old, fresh, undefined, undefined, { context: 2, headerOptions: FILE_HEADERS_ONLY });
}

/** The code of a record as it ran, or null. Bundles have no layout: declarations are taken apart and esbuild gives them lines again. */
export async function shownCode(project: string, { bundle }: KeptRecord): Promise<string | null> {
  const file = bundle === undefined ? undefined : path.join(bundleFolder(project), bundle);
  if (file === undefined || !existsSync(file)) return null;
  const text = readFileSync(file, "utf8").replace(/^\/\/# sourceMappingURL=.*$/gm, "");
  return (await transform(oneByOne(text), { loader: "js", format: "esm", target: "esnext", charset: "utf8", logLevel: "silent" })).code;
}
