import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import type { Event } from "../../src/events.ts";

// A type that is missing here, or too many, does not compile.
const types: Record<Event["type"], true> = {
  "run.started": true,
  "watch.waiting": true,
  "run.waiting": true,
  "run.recovered": true,
  "run.warned": true,
  "run.finished": true,
  "step.started": true,
  "step.reused": true,
  "step.output": true,
  "step.progress": true,
  "step.displayed": true,
  "step.checked": true,
  "step.warned": true,
  "step.retrying": true,
  "step.ran": true,
  "step.failed": true,
  "step.skipped": true,
  "step.cancelled": true,
  "row.recorded": true,
  "model.saved": true,
};

it("docs/events.md describes every event, with an example", () => {
  const text = readFileSync(new URL("../../docs/events.md", import.meta.url), "utf8");
  const examples = [...text.matchAll(/^\{.*\}$/gm)].map(([line]) => (JSON.parse(line) as { type: string }).type);
  const headings = [...text.matchAll(/^### `([\w.]+)`$/gm)].map(([, type]) => type);
  expect(headings.sort()).toEqual(Object.keys(types).sort());
  expect(examples.sort()).toEqual([...Object.keys(types), "error"].sort());
});

it("docs/engine.md names files that are there", () => {
  const text = readFileSync(new URL("../../docs/engine.md", import.meta.url), "utf8");
  const names = [...text.matchAll(/`([\w/-]+\.ts)`/g)].map(([, name]) => `/${name}`).filter((name) => name !== "/runner.ts");
  const files = readdirSync(new URL("../../src", import.meta.url), { recursive: true }).map((file) => `/src/${file.toString()}`);
  expect(names.length).toBeGreaterThan(30);
  expect(names.filter((name) => !files.some((file) => file.endsWith(name)))).toEqual([]);
});
