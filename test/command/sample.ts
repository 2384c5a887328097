import { Writable } from "node:stream";
import type { Io } from "../../src/command/io.ts";
import { TestProject } from "../rig/project.ts";

/** A small pipeline with everything that commands show: a table, params, a result, a model, a log. */
export function sample(): TestProject {
  return new TestProject({
    "data/words.csv": "id,word\n1,one\n2,two\n3,three\n",
    "experiments.sql":
      "CREATE TABLE IF NOT EXISTS experiments (experiment_id text PRIMARY KEY, experiment_datetime timestamptz NOT NULL, k integer, score double precision, good boolean, note text);\n",
    "lib/score.ts": "export function score(n: number, by: number) {\n  return n * by;\n}\nexport function unused() {\n  return 1;\n}\n",
    "steps/10_words.ts":
      'import { csv } from "stepbook";\nexport const words = await csv<{ id: number; word: string }>("data/words.csv");\n',
    "steps/20_score.ts": `import { param } from "stepbook";
import { score } from "../lib/score.ts";
import { words } from "./10_words.ts";
export const k = param("k", 2, { doc: "the factor" });
console.log("scoring with", k);
export const total = score(words.count, k);
export const kinds = {
  mode: process.env.SAMPLE_MODE ?? "none",
  big: 2n ** 70n,
  when: new Date(0),
  set: new Set([1, 2]),
  map: new Map([["a", { deep: 1n }]]),
  floats: new Float64Array([0.5, 2]),
};
`,
    "steps/30_save.ts": `import { record, saveModel } from "stepbook";
import { k, total } from "./20_score.ts";
record("experiments", { k, score: total, good: true });
saveModel("words", { total }, { doc: "a model", metrics: { score: total } });
`,
    "steps/40_alone.ts": 'console.log("alone");\n',
  });
}

/** The lines of JSON that a command printed. */
export function lines(stdout: string): Record<string, unknown>[] {
  return stdout
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** A terminal of so many columns, for commands that are called in this process. */
export function terminal(project: string, columns: number): { io: Io; text: () => string } {
  let text = "";
  const stdout = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString();
      done();
    },
  });
  const stream = Object.assign(stdout, { isTTY: true, columns }) as unknown as NodeJS.WriteStream;
  return { io: { project, json: false, stdout: stream, stderr: stream, env: { NO_COLOR: "1" } }, text: () => text };
}
