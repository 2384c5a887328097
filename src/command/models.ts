import { existsSync } from "node:fs";
import path from "node:path";
import { exitCodes } from "../errors.ts";
import { modelPath } from "../record/publish.ts";
import { listModels, type ModelRow } from "../record/records.ts";
import { formatDate, formatNumber } from "../report/format.ts";
import { readArtifact } from "../store/artifacts.ts";
import type { Store } from "../store/store.ts";
import { type Io, print, printJson, printTable } from "./io.ts";
import { withKept } from "./opened.ts";

/** `models`: the saved models and their versions, newest version first. */
export async function models(io: Io): Promise<number> {
  return withKept(io, ({ db, store, project }) => {
    const rows = listModels(db).map((row) => described(row, store, project));
    if (io.json) for (const row of rows) printJson(io, row);
    else if (rows.length === 0) print(io, "no models yet: saveModel(name, parts, card) in a step saves one");
    else printTable(io, ["model", "version", "created", "file", "metrics", "step", "run"], rows.map(line));
    return exitCodes.done;
  });
}

type Described = ReturnType<typeof described>;

function described({ name, version, body }: ModelRow, store: Store, project: string) {
  const file = modelPath(name, version);
  const { createdAt, step, run } = body;
  return { name, version, createdAt, step, run, metrics: metricsOf(body, store), path: file, present: existsSync(path.join(project, file)) };
}

/** The numbers in the card: its `metrics`, or what lies at its top. */
function metricsOf({ card }: ModelRow["body"], store: Store): Record<string, number> {
  if (!existsSync(store.path(card))) return {};
  const read = readArtifact(card, store.path(card), "card") as Record<string, unknown>;
  const metrics = typeof read["metrics"] === "object" && read["metrics"] !== null ? read["metrics"] : read;
  return Object.fromEntries(Object.entries(metrics).filter((entry): entry is [string, number] => typeof entry[1] === "number"));
}

function line({ name, version, createdAt, step, run, metrics, path: file, present }: Described) {
  const numbers = Object.entries(metrics).map(([metric, value]) => `${metric} ${formatNumber(value)}`);
  return [name, version, formatDate(createdAt), present ? file : `${file} is gone`, numbers.join(", "), step, run];
}
