import type { FingerprintParts, Opaque, Read, Reason, ReasonCode } from "../model.ts";
import { allNames, differsInEachRun, type World } from "./reads.ts";

export function reason(code: ReasonCode, text: string): Reason {
  return { code, text };
}

export const unchanged = reason("unchanged", "nothing changed");

/**
 * Why a fingerprint differs from that of the record before: the first ingredient that changed, in
 * the order in which a user would look.
 */
export function explainFingerprint(before: FingerprintParts, now: FingerprintParts, sourceOf: (file: string) => string): Reason {
  if (before.code !== now.code) return reason("code-changed", explainCode(before, now, sourceOf));
  const input = changedKey(before.inputs, now.inputs);
  if (input !== undefined) return reason("input-changed", `input ${input} changed`);
  const packages = explainPackages(before.packages, now.packages);
  if (packages !== undefined) return reason("package-changed", packages);
  // All else that counts is told above; of the settings only the threads count, since they change the order of rows.
  if (before.engine === now.engine) return reason("code-changed", "config.threads changed");
  return reason("engine-changed", `the engine changed: ${differingWords(before.engine, now.engine)}`);
}

function changedKey(before: Readonly<Record<string, string>>, now: Readonly<Record<string, string>>): string | undefined {
  return [...new Set([...Object.keys(now), ...Object.keys(before)])].find((key) => before[key] !== now[key]);
}

/** `lib/knn.ts: distance() changed`: the declaration, and the changed file that names it. */
function explainCode(before: FingerprintParts, now: FingerprintParts, sourceOf: (file: string) => string): string {
  const keys = [...new Set([...Object.keys(now.declarations), ...Object.keys(before.declarations)])];
  const names = keys.filter(
    (key) => before.declarations[key] !== now.declarations[key] && !/^(top-level code|exports)$|^__stepbook/.test(key),
  );
  const files = Object.keys(now.sources).filter((file) => before.sources[file] !== now.sources[file]);
  const gone = Object.keys(before.sources).filter((file) => !(file in now.sources));
  const [name] = names;
  const named = name && files.find((file) => new RegExp(`\\b${name.replace(/\d+$|[^\w]/g, "")}`).test(sourceOf(file)));
  const file = named ?? files[0] ?? gone[0];
  if (!file) return names.length > 0 ? `${names.slice(0, 3).join(", ")} changed` : "its code changed";
  return name ? `${file}: ${names.slice(0, 3).join(", ")} changed` : `${file} changed`;
}

function explainPackages(before: Readonly<Record<string, string>>, now: Readonly<Record<string, string>>): string | undefined {
  const label = changedKey(before, now);
  if (label === undefined) return undefined;
  const name = label.slice(0, label.indexOf("@", 1));
  const version = (set: Readonly<Record<string, string>>) =>
    Object.keys(set)
      .find((key) => key.startsWith(`${name}@`))
      ?.slice(name.length + 1);
  const [old, fresh] = [version(before), version(now)];
  if (old === fresh) return `package ${name}: its files changed`;
  return `package ${name}: ${old ?? "none"} → ${fresh ?? "none"}`;
}

function differingWords(before: string, now: string): string {
  const old = before.split(" ");
  const fresh = now.split(" ");
  const longer = fresh.length > old.length ? fresh : old;
  const index = longer.findIndex((_, i) => fresh[i] !== old[i]);
  return `${old[index] ?? "none"} → ${fresh[index] ?? "none"}`;
}

/** Why a record's read no longer holds. */
export function explainRead(read: Read, now: string | null, world: World): Reason {
  switch (read.kind) {
    case "param":
      return reason("param-changed", `param ${read.name}: ${read.shown ?? "?"} → ${world.given(read.name) ?? "its default"}`);
    case "env":
      if (read.name === allNames) return reason("env-changed", "it lists the environment's variables, and others are set");
      return reason("env-changed", `environment variable ${read.name} ${changeWord(read.digest, now)}`);
    case "run":
      return reason(
        "run-read",
        `it reads run.${read.name}, which ${now === null || differsInEachRun(read.name) ? "differs in each run" : "is another one"}`,
      );
    case "machine":
      return reason(
        "env-changed",
        read.name === "project"
          ? "the project was moved, and it looks at where it lies"
          : `${read.name.includes(".") ? read.name : `os.${read.name}()`} changed`,
      );
    case "folder":
      return reason("file-changed", `folder ${read.name}: its entries ${changeWord(read.digest, now)}`);
    case "match":
      return reason("file-changed", `${read.name} matches other names`);
    case "exists":
    case "stat":
    case "file":
      return reason("file-changed", `file ${read.name} ${changeWord(read.digest, now)}`);
  }
}

function changeWord(before: string | null, now: string | null): string {
  if (before === null) return "appeared";
  return now === null ? "is gone" : "changed";
}

export function opaqueText({ kind, what }: Opaque): string {
  if (kind === "open") return `was ended with something open (${what}): await or close it; config cache: true would reuse it`;
  const seen = {
    subprocess: "started a subprocess",
    network: "used the network",
    worker: "started a worker",
    native: "loaded native code",
    changed: "reads and changes",
  }[kind];
  return `${seen} ${kind === "changed" ? what : `(${what})`}; config cache: true or maxAge would reuse it`;
}
