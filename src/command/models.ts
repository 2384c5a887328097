import { existsSync } from "node:fs";
import path from "node:path";
import { exitCodes, fail } from "../errors.ts";
import { listAliases, removeAlias, setAlias, versionsOf } from "../record/aliases.ts";
import { modelPath } from "../record/publish.ts";
import { listModels, type ModelRow } from "../record/records.ts";
import { formatDate, formatNumber } from "../report/format.ts";
import { readArtifact } from "../store/artifacts.ts";
import { type Alias, splitAlias } from "../store/alias-file.ts";
import type { Store } from "../store/store.ts";
import { type Io, print, printJson, printTable, say } from "./io.ts";
import { withKept } from "./opened.ts";

/** `models`: the saved models and their versions, newest version first. */
export async function models(io: Io): Promise<number> {
  return withKept(io, ({ db, store, project }) => {
    const aliases = listAliases(project);
    const rows = listModels(db).map((row) => described(row, store, project, aliases));
    if (io.json) for (const row of rows) printJson(io, row);
    else if (rows.length === 0) print(io, "no models yet: saveModel(name, parts, card) in a step saves one");
    else printTable(io, ["model", "version", "alias", "created", "file", "metrics", "step", "run"], rows.map(line));
    return exitCodes.done;
  });
}

/** `models alias knn@production v3`: lets an alias stand for a version; `--remove` takes it away. */
export async function modelsAlias(
  io: Io,
  words: string,
  version: string | undefined,
  flags: { readonly remove?: boolean },
): Promise<number> {
  if (flags.remove && version !== undefined)
    fail("E_USAGE", `--remove and ${version} say two things of ${words}`, {
      remedy: "leave out one of the two: an alias that is moved need not be taken away before",
    });
  return withKept(io, ({ project }) => {
    const moved = moveAlias(project, words, flags.remove ? null : version);
    if (io.json) printJson(io, { type: "alias", ...moved });
    else
      say(
        io,
        `${moved.model}@${moved.alias}: ${[moved.before, moved.version].map((each) => (each === null ? "none" : `v${each}`)).join(" → ")}`,
      );
    return exitCodes.done;
  });
}

/** @param version `v3` or `3`; null: the alias goes; undefined: none was said. @throws E_USAGE, E_NOT_FOUND */
export function moveAlias(
  project: string,
  words: string,
  version: string | null | undefined,
): { model: string; alias: string; before: number | null; version: number | null } {
  const { model, alias } = splitAlias(words);
  if (alias === undefined || !/^[a-z0-9][a-z0-9._-]*$/i.test(model))
    return fail("E_USAGE", `"${words}" names no alias of a model`, { remedy: "write it as breast-cancer@production" });
  const before = listAliases(project).find((each) => each.model === model && each.alias === alias)?.version ?? null;
  if (version === null) {
    removeAlias(project, model, alias);
    return { model, alias, before, version: null };
  }
  if (version === undefined)
    return fail("E_USAGE", `for which version ${words} stands is not said`, {
      remedy: `write it after the alias, there is ${versionsOf(project, model).join(", ") || "none"}; --remove takes the alias away`,
    });
  const number = Number(
    /^v?([1-9]\d{0,8})$/.exec(version)?.[1] ?? fail("E_USAGE", `"${version}" is not a version`, { remedy: "write it as v3" }),
  );
  setAlias(project, { model, alias, version: number });
  return { model, alias, before, version: number };
}

type Described = ReturnType<typeof described>;

function described({ name, version, body }: ModelRow, store: Store, project: string, all: readonly Alias[]) {
  const file = modelPath(name, version);
  const { createdAt, step, run } = body;
  const aliases = all.filter((each) => each.model === name && each.version === version).map(({ alias }) => alias);
  return {
    name,
    version,
    aliases,
    createdAt,
    step,
    run,
    metrics: metricsOf(body, store),
    path: file,
    present: existsSync(path.join(project, file)),
  };
}

/** The numbers in the card: its `metrics`, or what lies at its top. */
function metricsOf({ card }: ModelRow["body"], store: Store): Record<string, number> {
  if (!existsSync(store.path(card))) return {};
  const read = readArtifact(card, store.path(card), "card") as Record<string, unknown>;
  const metrics = typeof read["metrics"] === "object" && read["metrics"] !== null ? read["metrics"] : read;
  return Object.fromEntries(Object.entries(metrics).filter((entry): entry is [string, number] => typeof entry[1] === "number"));
}

function line({ name, version, aliases, createdAt, step, run, metrics, path: file, present }: Described) {
  const numbers = Object.entries(metrics).map(([metric, value]) => `${metric} ${formatNumber(value)}`);
  return [name, version, aliases.join(", "), formatDate(createdAt), present ? file : `${file} is gone`, numbers.join(", "), step, run];
}
