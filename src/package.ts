import { rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { build } from "esbuild";
import { buildChild } from "./execute/runtime.ts";
import { digestText } from "./store/files.ts";

/** Builds the package's plain JavaScript from this repository's sources. */
export async function buildPackage(root: string, outdir: string): Promise<void> {
  rmSync(outdir, { recursive: true, force: true });
  await build({
    absWorkingDir: root,
    entryPoints: { runner: "src/main.ts", bin: "src/bin.ts", api: "src/step/api.ts", schedule: "src/schedule/schedule.ts" },
    outdir,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20",
    packages: "external",
    chunkNames: "[name]-[hash]",
  });
  const child = await buildChild(root);
  writeFileSync(path.join(outdir, "child.js"), child.text);
  writeFileSync(path.join(outdir, "runtime.json"), JSON.stringify({ api: child.api, digest: digestText(child.text) }));
}
