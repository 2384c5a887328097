import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import type { BuildOptions } from "esbuild";

/** The script and the style of the pages, as text. */
export interface Assets {
  readonly script: string;
  readonly style: string;
  /** The script of a report, which brings its tables along. */
  readonly report: string;
  /** Changes with the content: addresses that carry it are kept by browsers for good. */
  readonly version: string;
}

/** How esbuild makes one script that a browser runs as it is. */
export const forBrowsers: BuildOptions & { write: false } = {
  bundle: true,
  write: false,
  minify: true,
  format: "iife",
  platform: "browser",
  target: ["es2022"],
  charset: "utf8",
  legalComments: "none",
};

const here = path.dirname(fileURLToPath(import.meta.url));
const fromSource = import.meta.url.endsWith(".ts");

/** In an installed package they lie beside this file, built; in the repository they are built on demand. */
export async function findAssets(): Promise<Assets> {
  const files = fromSource ? await buildAssets(path.resolve(here, "../..")) : readAssets(here);
  const version = createHash("sha256").update(JSON.stringify(files)).digest("hex").slice(0, 12);
  return { script: files["client.js"]!, style: files["style.css"]!, report: files["report.js"]!, version };
}

function readAssets(folder: string): Record<string, string> {
  return Object.fromEntries(["client.js", "report.js", "style.css"].map((name) => [name, readFileSync(path.join(folder, name), "utf8")]));
}

/** File name → text. Also used by the package's build. */
export async function buildAssets(root: string): Promise<Record<string, string>> {
  const { build } = await import("esbuild");
  const result = await build({
    absWorkingDir: root,
    entryPoints: { client: "src/serve/client/client.ts", report: "src/serve/client/report.ts", style: "src/serve/style/style.css" },
    outdir: "out",
    ...forBrowsers,
  });
  return Object.fromEntries(result.outputFiles.map((file) => [path.basename(file.path), file.text]));
}
