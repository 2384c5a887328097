import { cpSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Comparison } from "../comparison.ts";
import { atMost } from "../goals.ts";
import { coldTurn } from "../ours.ts";
import { timed } from "../shell.ts";
import type { Site } from "../site.ts";

export const shipped: Comparison = {
  name: "shipped",
  title: "the shipped pipeline, cold",
  rounds: { full: 5, quick: 1 },
  async prepare(site) {
    const [stored, alone] = [copy(site, "shipped"), copy(site, "shipped-alone")];
    return {
      contenders: [
        {
          name: "its modules in one process",
          role: "floor",
          turn: () => timed({ file: process.execPath, words: ["--import", "tsx", "all.ts"], cwd: alone }),
        },
        { name: "stepbook", role: "ours", turn: () => coldTurn(site, stored) },
      ],
      goals: [atMost(1.3, "stepbook", "its modules in one process")],
    };
  },
};

/** The pipeline as a project that has the package installed; `all.ts` imports its steps. */
function copy(site: Site, name: string): string {
  const project = site.project(name, {});
  for (const part of ["steps", "lib", "data", "experiments.sql", "models"])
    cpSync(path.join(site.root, part), path.join(project, part), { recursive: true });
  const files = readdirSync(path.join(project, "steps")).filter((file) => /^\d+_.*\.ts$/.test(file));
  writeFileSync(path.join(project, "all.ts"), files.map((file) => `import "./steps/${file}";\n`).join(""));
  return project;
}
