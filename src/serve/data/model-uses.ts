import type { Digest, StepId } from "../../model.ts";
import { aliasPath, encodeAlias } from "../../store/alias-file.ts";
import { digestOf } from "../../store/digest.ts";
import type { Site } from "../site.ts";

/** A step that loaded a version, and in which runs that was: what a record reads is read by all runs that reuse it too. */
export interface ModelUse {
  readonly step: StepId;
  /** The version was the one that this stood for; null: it was named, or the highest. */
  readonly alias: string | null;
  readonly runs: number;
  readonly last: string;
}

interface Read {
  readonly kind: string;
  readonly name: string;
  readonly digest: Digest | null;
}

/** Only so many of the newest records are looked through. */
const mostRecords = 5000;

/** Who read the files of a model's versions: version → its uses, the newest first. */
export function usesOf({ kept: { db } }: Site, name: string): ReadonlyMap<number, ModelUse[]> {
  // Not by their ids, which within a second are in no order: of an aggregate max() SQLite gives the other columns of that row.
  const rows = db
    .prepare(
      `SELECT records.step, records.body -> '$.reads' AS reads, run_steps.run AS last, max(run_steps.rowid) AS place, count(*) AS runs
       FROM records JOIN run_steps ON run_steps.record = records.id
       WHERE records.id > (SELECT coalesce(max(id), 0) - ${mostRecords} FROM records) AND instr(records.body, ?) > 0
       GROUP BY records.id ORDER BY place DESC`,
    )
    .all(`models/${name}/v`) as { step: StepId; reads: string; last: string; runs: number }[];
  const uses = new Map<number, ModelUse[]>();
  for (const { step, reads, last, runs } of rows) {
    for (const { version, alias } of loadedBy(name, JSON.parse(reads) as Read[])) {
      const known = uses.get(version) ?? [];
      const same = known.findIndex((use) => use.step === step && use.alias === alias);
      if (same < 0) known.push({ step, alias, runs, last });
      else known[same] = { ...known[same]!, runs: known[same]!.runs + runs };
      uses.set(version, known);
    }
  }
  return uses;
}

/** The versions that a record read, each as often as there is an alias that stood for it then: the digest of the alias' file tells which it named. */
function loadedBy(name: string, reads: readonly Read[]): { version: number; alias: string | null }[] {
  const files = reads.filter(({ kind }) => kind === "file");
  const [folder, around] = [`models/${name}/v`, aliasPath(name, "").replace(/\.json$/, "")];
  const aliases = files
    .filter((read) => read.name.startsWith(around))
    .map((read) => ({ alias: read.name.slice(around.length).replace(/\.json$/, ""), digest: read.digest }));
  return files
    .filter((read) => read.name.startsWith(folder))
    .flatMap((read) => {
      const version = Number(/v(\d+)\.json$/.exec(read.name)?.[1]);
      const named = aliases.filter(({ alias, digest }) => digest === digestOf(encodeAlias({ model: name, alias, version })));
      return (named.length === 0 ? [{ alias: null }] : named).map(({ alias }) => ({ version, alias }));
    });
}
