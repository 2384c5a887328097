import { realpathSync, statSync } from "node:fs";
import { type DigestCache, signatureOf } from "../store/files.ts";

/** What Node's ICU takes the time zone and the locale from, on Linux. */
const variables = ["TZ", "TZDIR", "LC_ALL", "LC_MESSAGES", "LC_CTYPE", "LANG", "LANGUAGE", "NODE_ICU_DATA", "NODE_OPTIONS"];
const zoneFile = "/etc/localtime";
/** Under which the answer is kept. */
export const placeKey = "machine:place";

/**
 * The time zone and the locale that JavaScript has here: part of every fingerprint. Asking `Intl` loads its data, which is
 * a large part of a run that finds nothing to do; so the answer is kept for as long as what it is made from.
 */
export function placeOf(cache: DigestCache): string {
  const origin = originOf();
  const kept = cache.get(placeKey);
  if (origin !== undefined && kept?.signature === origin) return kept.digest;
  const { timeZone, locale } = Intl.DateTimeFormat().resolvedOptions();
  const place = `timezone-${timeZone} locale-${locale}`;
  if (origin !== undefined) cache.set(placeKey, origin, place);
  return place;
}

/** Undefined where it cannot be told without asking. */
function originOf(): string | undefined {
  // A zone may be the path of a file.
  if (process.platform !== "linux" || !/^[\w+\-/]*$/.test(process.env["TZ"] ?? "")) return undefined;
  try {
    const zone = process.env["TZ"] ? [] : [realpathSync(zoneFile), signatureOf(statSync(zoneFile, { bigint: true }))];
    return JSON.stringify([process.version, process.execArgv, variables.map((name) => process.env[name] ?? null), ...zone]);
  } catch {
    return undefined;
  }
}
