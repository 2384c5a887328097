import { realpathSync, statSync } from "node:fs";
import { type DigestCache, signatureOf } from "../store/files.ts";
import { nodeSettings } from "./node-settings.ts";

/** What Node's ICU takes the time zone and the locale from, on Linux. */
const variables = ["TZ", "TZDIR", "LC_ALL", "LC_MESSAGES", "LC_CTYPE", "LANG", "LANGUAGE", "NODE_ICU_DATA"];
const zoneFile = "/etc/localtime";
/** The key under which the answer is kept. */
export const placeKey = "machine:place";

/**
 * The time zone and the locale that JavaScript has here: part of every fingerprint. Asking `Intl` loads its data, which is
 * a large part of a run that finds nothing to do; so the answer is kept for as long as what it is made from.
 */
export function placeOf(cache: DigestCache): string {
  const kept = keptPlace(cache.get(placeKey));
  if (kept !== undefined) return kept;
  const origin = originOf();
  const { timeZone, locale } = Intl.DateTimeFormat().resolvedOptions();
  const place = `timezone-${timeZone} locale-${locale} ${dataVersions()}`;
  if (origin !== undefined) cache.set(placeKey, origin, place);
  return place;
}

/** The engine's versions and all that is told of where it runs: part of every fingerprint, and of the key of a kept plan. */
export function engineAt(project: string, engine: string, place: string): string {
  return `${engine} ${place}${nodeSettings(project)}`;
}

/** The kept answer, where it still stands. */
export function keptPlace(kept: ReturnType<DigestCache["get"]>): string | undefined {
  return kept && kept.signature === originOf() ? kept.digest : undefined;
}

/** Of the data that dates, names and sorting come from: it may be another one in the same major version of Node. */
function dataVersions(): string {
  const { icu, tz } = process.versions;
  return `icu-${icu} tz-${tz}`;
}

/** Undefined where it cannot be told without asking. */
function originOf(): string | undefined {
  // A zone may be the path of a file.
  if (process.platform !== "linux" || !/^[\w+\-/]*$/.test(process.env["TZ"] ?? "")) return undefined;
  try {
    const zone = process.env["TZ"] ? [] : [realpathSync(zoneFile), signatureOf(statSync(zoneFile, { bigint: true }))];
    // Of Node's flags only those about ICU's data count: other ways to start the same command are the same place.
    const flags = [...process.execArgv, process.env["NODE_OPTIONS"] ?? ""];
    return JSON.stringify([
      process.version,
      dataVersions(),
      flags.some((flag) => flag.includes("icu")) ? flags : [],
      variables.map((name) => process.env[name] ?? null),
      ...zone,
    ]);
  } catch {
    return undefined;
  }
}
