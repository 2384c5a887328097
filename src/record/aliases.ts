import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fail } from "../errors.ts";
import { nearest } from "../nearest.ts";
import { type Alias, aliasPath, decodeAlias, encodeAlias } from "../store/alias-file.ts";
import { onDisk, publish, syncFolder } from "../store/durable.ts";
import { modelPath } from "./publish.ts";
import { stateFolder } from "./state.ts";

/** All aliases, by model and name; files that are none are left out. */
export function listAliases(project: string): Alias[] {
  const folder = path.join(project, "models");
  const files = existsSync(folder) ? readdirSync(folder).filter((file) => /^[^@]+@[^@]+\.json$/.test(file)) : [];
  return files.sort().flatMap((file) => {
    try {
      const alias = decodeAlias(readFileSync(path.join(folder, file), "utf8"), `models/${file}`);
      return aliasPath(alias.model, alias.alias) === `models/${file}` ? [alias] : [];
    } catch {
      return []; // the step that loads it says what is wrong
    }
  });
}

/**
 * Lets an alias stand for a version, in one step on the disk: who reads it meanwhile gets the old one or the new one.
 * @throws E_NOT_FOUND where there is no such version
 */
export function setAlias(project: string, alias: Alias): void {
  const file = modelPath(alias.model, alias.version);
  if (!existsSync(path.join(project, file))) {
    const versions = versionsOf(project, alias.model);
    fail("E_NOT_FOUND", `model ${alias.model} has no version ${alias.version}: ${file} is not there`, {
      remedy: `there is ${versions.join(", ") || "none"}`,
    });
  }
  const staging = path.join(stateFolder(project), "staging");
  mkdirSync(staging, { recursive: true });
  const staged = path.join(staging, `${alias.model}@${alias.alias}.${process.pid}.json`);
  onDisk(staged, () => writeFileSync(staged, encodeAlias(alias)));
  publish(staged, path.join(project, aliasPath(alias.model, alias.alias)));
}

/** @throws E_NOT_FOUND where there is no such alias */
export function removeAlias(project: string, model: string, alias: string): void {
  const file = path.join(project, aliasPath(model, alias));
  if (!existsSync(file)) {
    const others = listAliases(project).filter((each) => each.model === model);
    // An alias of a model whose folder is gone may still be taken away: then only its name is wrong.
    if (others.length === 0) versionsOf(project, model);
    fail("E_NOT_FOUND", `model ${model} has no alias ${alias}`, {
      remedy: nearest(
        alias,
        others.map((each) => each.alias),
      ),
    });
  }
  onDisk(file, () => {
    rmSync(file);
    syncFolder(path.dirname(file));
  });
}

/** The versions of a model that are there, as `v3`, the oldest first. @throws E_NOT_FOUND where there is no such model */
export function versionsOf(project: string, model: string): string[] {
  const folder = path.join(project, "models");
  const names = existsSync(folder)
    ? readdirSync(folder, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map(({ name }) => name)
    : [];
  if (!names.includes(model)) return fail("E_NOT_FOUND", `there is no model "${model}"`, { remedy: nearest(model, names) });
  const numbers = readdirSync(path.join(folder, model)).flatMap((each) => /^v(\d+)\.json$/.exec(each)?.[1] ?? []);
  return numbers.sort((a, b) => Number(a) - Number(b)).map((number) => `v${number}`);
}
