import { realpathSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import type { Failure } from "../../errors.ts";

/** Takes the places of this machine out of a text that leaves it: the project's folder and the user's home. */
export type Tidy = (text: string) => string;

export function tidier(project: string): Tidy {
  const folders = [...new Set([project, realpathSync(project)])].filter((folder) => folder.length > 1).sort((a, b) => b.length - a.length);
  const home = homedir();
  return (text) => {
    let tidy = text;
    for (const folder of folders)
      tidy = tidy.replaceAll(`file://${folder}${path.sep}`, "").replaceAll(`${folder}${path.sep}`, "").replaceAll(folder, ".");
    return home.length > 1 ? tidy.replaceAll(home, "~") : tidy;
  };
}

export function tidyFailure(failure: Failure, tidy: Tidy): Failure {
  const { message, remedy, stack, place } = failure;
  return {
    ...failure,
    message: tidy(message),
    ...(remedy === undefined ? {} : { remedy: tidy(remedy) }),
    ...(stack === undefined ? {} : { stack: tidy(stack) }),
    ...(place === undefined ? {} : { place: { ...place, file: tidy(place.file) } }),
  };
}
