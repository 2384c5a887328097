/**
 * What the engine costs beside the floor of the machine: 100 trivial steps (10 × 10, two parents
 * each). All commands take turns in one run, so that a noisy machine hits them alike; ratios are of
 * medians. `npm run bench`.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { buildPackage } from "../build.ts";

const rounds = Number(process.argv[2] ?? 9);
const root = path.resolve(import.meta.dirname, "..");
const built = path.join(root, "node_modules", ".cache", "stepbook-bench");
const project = mkdtempSync(path.join(tmpdir(), "stepbook-bench-"));

function stepFile(layer: number, place: number): string {
  return `steps/${layer + 10}_s${layer}x${place}.ts`;
}

function writeStep(layer: number, place: number, comment = ""): void {
  const parents = layer === 0 ? [] : [place, (place + 1) % 10];
  const imports = parents.map((parent, i) => `import { x as p${i} } from "./${path.basename(stepFile(layer - 1, parent))}";`);
  const sum = ["1", ...parents.map((_, i) => `p${i}`)].join(" + ");
  writeFileSync(path.join(project, stepFile(layer, place)), `${comment}${imports.join("\n")}\nexport const x = (${sum}) % 1000;\n`);
}

/** Milliseconds that the command took. */
function time(words: readonly string[]): number {
  const started = performance.now();
  const { status, stderr } = spawnSync(process.execPath, words, { cwd: project, encoding: "utf8" });
  const ms = performance.now() - started;
  if (status !== 0) throw new Error(stderr);
  return ms;
}

function quantile(values: readonly number[], share: number): number {
  return [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) * share)]!;
}

await buildPackage(root, built);
mkdirSync(path.join(project, "steps"));
writeFileSync(path.join(project, "package.json"), '{ "type": "module" }');
for (let layer = 0; layer < 10; layer++) for (let place = 0; place < 10; place++) writeStep(layer, place);

const command = [path.join(built, "bin.js"), "run"];
const cold = time(command);
const cases: Record<string, () => number> = {
  "node -e 0 (the floor)": () => time(["-e", "0"]),
  "nothing changed": () => time(command),
  "a comment in a middle step": () => {
    writeStep(5, 5, `// ${performance.now()}\n`);
    return time(command);
  },
};
const times = new Map<string, number[]>(Object.keys(cases).map((name) => [name, []]));
for (let round = 0; round < rounds; round++) for (const [name, measure] of Object.entries(cases)) times.get(name)!.push(measure());

const floor = quantile(times.get("node -e 0 (the floor)")!, 0.5);
const line = (name: string, median: number, spread: string) => console.log(`${name.padEnd(30)} ${median.toFixed(0).padStart(7)} ms  ${spread.padStart(15)}  ${(median / floor).toFixed(2).padStart(7)} × floor`);
for (const [name, all] of times) line(name, quantile(all, 0.5), `${quantile(all, 0.1).toFixed(0)}–${quantile(all, 0.9).toFixed(0)}`);
line("100 steps cold (once)", cold, "");
rmSync(project, { recursive: true, force: true });
