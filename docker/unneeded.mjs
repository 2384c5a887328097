// Prints the devDependencies that nothing in the pipeline imports: tools of tests and builds, which the image leaves out.
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

const files = ["steps", "lib"].flatMap((folder) => readdirSync(folder, { recursive: true }).filter((file) => /\.[cm]?[jt]s$/.test(file)).map((file) => path.join(folder, file)));
const code = [...files, "schedule.ts"].map((file) => readFileSync(file, "utf8")).join("\n");
const { devDependencies = {} } = JSON.parse(readFileSync("package.json", "utf8"));
const imports = (name) => ["", "/"].some((end) => ['"', "'"].some((quote) => code.includes(quote + name + (end || quote))));
console.log(Object.keys(devDependencies).filter((name) => !imports(name)).join(" "));
