import { fail } from "../errors.ts";

/** A name that stands for a version of a model: `breast-cancer@production`. */
export interface Alias {
  readonly model: string;
  readonly alias: string;
  readonly version: number;
}

/** Starts with a letter; `v3` would read like a version. */
const pattern = /^(?!v\d+$)[a-z][a-z0-9_-]{0,63}$/i;

/** Beside the model's folder and not in it, so that a new alias is not a new version; no model's name has an `@`. */
export function aliasPath(model: string, alias: string): string {
  return `models/${model}@${alias}.json`;
}

/** `breast-cancer@production` in its parts; no alias where there is no `@`. @throws E_USAGE */
export function splitAlias(words: string): { readonly model: string; readonly alias: string | undefined } {
  const at = words.indexOf("@");
  if (at < 0) return { model: words, alias: undefined };
  const alias = words.slice(at + 1);
  if (!pattern.test(alias))
    fail("E_USAGE", `"${words}": "${alias}" is not an alias`, { remedy: "use letters, digits, _ and -, such as knn@production" });
  return { model: words.slice(0, at), alias };
}

export function encodeAlias({ model, alias, version }: Alias): string {
  return `${JSON.stringify({ format: "stepbook-alias/1", model, alias, version })}\n`;
}

/** @throws E_DECODE */
export function decodeAlias(text: string, file: string): Alias {
  const wrong = (what: string): never =>
    fail("E_DECODE", `${file} is not an alias: ${what}`, {
      place: { file },
      remedy: "set it again: models alias <model>@<alias> <version>",
    });
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    return wrong("it is not JSON");
  }
  const { format, model, alias, version } = (typeof read === "object" && read !== null ? read : {}) as Record<string, unknown>;
  if (format !== "stepbook-alias/1") return wrong(`its format is ${JSON.stringify(format)}`);
  if (typeof model !== "string" || typeof alias !== "string" || !Number.isSafeInteger(version) || (version as number) < 1)
    return wrong("model, alias or version is missing");
  return { model, alias, version: version as number };
}
