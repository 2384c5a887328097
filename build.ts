// Makes the package in dist/: plain JavaScript and types. `npm pack` runs it.
import { execFileSync } from "node:child_process";
import { buildPackage } from "./src/package.ts";

const root = import.meta.dirname;
await buildPackage(root, `${root}/dist`);
execFileSync("npx", ["tsc", "-p", "tsconfig.build.json"], { cwd: root, stdio: "inherit" });
