// Makes the package in dist/: plain JavaScript and types. `npm pack` runs it.
import { execFileSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { build } from "esbuild";
import { buildChild, graphDigest } from "./src/execute/runtime.ts";
import { sabotageOptions } from "./src/sabotage.ts";
import { buildAssets } from "./src/serve/assets.ts";
import { digestText } from "./src/store/text.ts";

/**
 * Builds the package's plain JavaScript from this repository's sources.
 * @param tested with the faults that tests may switch on
 */
export async function buildPackage(root: string, outdir: string, tested = false): Promise<void> {
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
    ...sabotageOptions(tested),
  });
  const child = await buildChild(root, tested);
  writeFileSync(path.join(outdir, "child.cjs"), child.text);
  for (const [name, text] of Object.entries(await buildAssets(root))) writeFileSync(path.join(outdir, name), text);
  // The engine is the same one: what either made is reused by the other.
  const shipped = tested ? await buildChild(root) : child;
  writeFileSync(path.join(outdir, "runtime.json"), JSON.stringify({ api: child.api, digest: digestText(shipped.text), graph: graphDigest(root) }));
}

if (process.argv[1] === import.meta.filename) {
  const root = import.meta.dirname;
  await buildPackage(root, path.join(root, "dist"));
  execFileSync("npx", ["tsc", "-p", "tsconfig.build.json"], { cwd: root, stdio: "inherit" });
}
