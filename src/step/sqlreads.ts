import { statSync } from "./quiet-fs.ts";
import os from "node:os";
import path from "node:path";
import { projectPath } from "../project-path.ts";
import { perHost, type Host } from "./host.ts";
import { noteFile, sqlPaths } from "./here.ts";
import type { Engine } from "./duckdb.ts";
import { lenientOfComputedName, namedFiles, overwrittenFolders } from "./sql-names.ts";
import { notePattern } from "./sql-patterns.ts";
import { asksForTimes, times } from "./sql-times.ts";
import { tokens } from "./sqltext.ts";
import type { Rendered } from "./render.ts";
import { warnOfVolatile } from "./volatile.ts";

/** Files of tables, which are artifacts and not reads. */
export function ownFiles(host: Host): Set<string> {
  return perHost(host, "own files", () => new Set<string>());
}

/** SQL that is about to run. */
export interface Told extends Rendered {
  /** Whether any string in it may name a file: it is not a query. */
  readonly anyString?: boolean;
}

/** Runs SQL, notes what it reads and writes, and warns of what gives another result each time. */
export async function noting<T>(engine: Engine, host: Host, all: readonly Told[], work: () => Promise<T>): Promise<T> {
  const since = Date.now();
  const named = new Names();
  for (const told of all) {
    noteNamed(host, told, told.anyString ? lastingNames(host) : named);
    warnOfVolatile(host, told.text);
  }
  let result: T;
  try {
    result = await work();
  } catch (error) {
    // In a transaction that has failed DuckDB answers nothing more, and it is the first error that counts.
    await noteOpened(engine, host, since, named).catch(() => {});
    throw error;
  }
  await noteOpened(engine, host, since, named);
  return result;
}

/** What SQL names: files as they are, and patterns. */
class Names {
  readonly files = new Set<string>();
  readonly patterns: ((file: string) => boolean)[] = [];

  has(file: string): boolean {
    return this.files.has(file) || this.patterns.some((matches) => matches(file));
  }
}

/** Those of statements that are not queries: what they make (a view, a variable, an attached database) leads to files later. */
const lastingNames = (host: Host) => perHost(host, "names in SQL", () => new Names());

/**
 * Notes what DuckDB opened since the last call, from its file log: the files a query read, however they
 * were named (in a view, a macro, a pattern), and those it wrote. What no SQL names came by a pattern that may match other files later.
 */
export async function noteOpened(
  { connection }: Engine,
  host: Host,
  since: number,
  named: Pick<Names, "has"> = new Names(),
): Promise<void> {
  const reader = await connection.runAndReadAll(
    // Its JSON has names as they are, with backslashes and quotes.
    `SELECT regexp_extract(message, '"path":"(.*)","op":"', 1, 's'), bool_or(contains(message, '","op":"WRITE"')), any_value(regexp_extract(message, '"fs":"([^"]*)"', 1))
     FROM duckdb_logs() WHERE type = 'FileSystem' GROUP BY ALL`,
  );
  const rows = reader.getRows() as [string, boolean, string][];
  if (rows.length === 0) return;
  await connection.run("CALL truncate_duckdb_logs()");
  for (const [name, written, system] of rows) {
    if (system !== "LocalFileSystem") host.opaque({ kind: "network", what: remoteHost(name) ?? name });
    else noteLocal(host, sqlPaths(host, name)[0]!, written, since, named);
  }
}

function noteLocal(host: Host, file: string, written: boolean, since: number, named: Pick<Names, "has">): void {
  const own = [host.staging, host.kept].some((folder) => folder !== null && file.startsWith(folder + path.sep));
  if (own || ownFiles(host).has(file)) return;
  if (written) return host.written(projectPath(host.project, writtenAs(file)));
  noteFile(host, "file", file, since);
  if (times(host).asked) noteFile(host, "stat", file);
  if (!named.has(file) && !lastingNames(host).has(file)) noteFoldersAbove(host, file);
}

/** To overwrite a file DuckDB writes one beside it, which takes its name when it is whole. */
function writtenAs(file: string): string {
  const { dir, base } = path.parse(file);
  const target = path.join(dir, base.replace(/^tmp_/, ""));
  return target !== file && !statSync(file, { throwIfNoEntry: false }) && statSync(target, { throwIfNoEntry: false }) ? target : file;
}

/** Every folder in which a new file could come to match what matched this one. */
function noteFoldersAbove(host: Host, file: string): void {
  for (let folder = path.dirname(file); folder !== path.dirname(folder); folder = path.dirname(folder)) {
    noteFile(host, "folder", folder);
    if (folder === host.project) return;
  }
}

const isPattern = /[*?[]/;

/** A step that goes on without the file depends on its absence. */
export function noteMissing(host: Host, thrown: unknown): void {
  const message = thrown instanceof Error ? thrown.message : "";
  const unopened = /Cannot open (?:file|database) \\?"([^"]*?)\\?"/.exec(message)?.[1];
  const name = /No files found that match the pattern \\?"([^"]*?)\\?"/.exec(message)?.[1];
  if (unopened) noteExistence(host, sqlPaths(host, unopened));
  if (name && isPattern.test(name)) notePattern(host, fromHome(name));
  else if (name) noteExistence(host, sqlPaths(host, fromHome(name)));
}

function noteExistence(host: Host, files: readonly string[]): void {
  for (const file of files) host.note({ kind: "exists", name: projectPath(host.project, file) });
}

/** `~` as DuckDB takes it. The home is asked for as a step would ask: it is noted. */
function fromHome(name: string): string {
  return name.replace(/^~(?=\/|$)/, () => os.homedir());
}

/**
 * Notes what the file log does not tell: the names that a pattern such as `data/*.csv` matches, and
 * addresses and extensions, which the engine cannot see through.
 */
function noteNamed(host: Host, { text, params, anyString = false }: Told, names: Names): void {
  const code = tokens(text).filter((token) => token.kind !== "comment");
  for (const { name: given, listed } of namedFiles(code, params, anyString)) {
    const name = fromHome(given);
    const remote = remoteHost(name);
    if (remote) host.opaque({ kind: "network", what: remote });
    else if (isPattern.test(name)) names.patterns.push(notePattern(host, name));
    else {
      const files = sqlPaths(host, name);
      for (const file of files) names.files.add(file);
      // What was changed in a database, and is not in its file yet. Where there is none, nothing of it is opened.
      if (code[0]?.text === "ATTACH")
        noteExistence(
          host,
          files.map((file) => `${file}.wal`),
        );
      if (listed) noteExistence(host, files);
      else if (!anyString) noteSoon(host, files[0]!);
    }
  }
  if (code.some(({ kind, text: word }) => (kind === "word" && word.endsWith("_LOGGING")) || word === "TRUNCATE_DUCKDB_LOGS"))
    host.opaque({ kind: "native", what: "DuckDB's log of files was changed" });
  for (const folder of overwrittenFolders(code, params)) host.emptied?.(projectPath(host.project, sqlPaths(host, fromHome(folder))[0]!));
  const lenient = lenientOfComputedName(code);
  if (lenient !== undefined) host.opaque({ kind: "native", what: `${lenient}() in DuckDB, of a name that SQL makes` });
  if (asksForTimes(code)) times(host).asked = true;
  if (code[0]?.text === "INSTALL") host.opaque({ kind: "network", what: "a DuckDB extension" });
  if (code[0]?.text === "LOAD") host.opaque({ kind: "native", what: `DuckDB extension ${code[1]?.text.toLowerCase() ?? ""}` });
}

/** The file log tells afterwards whether the name is a file at all, and was read. */
function noteSoon(host: Host, file: string): void {
  if (ownFiles(host).has(file)) return;
  const stats = statSync(file, { throwIfNoEntry: false });
  if (stats?.isFile() && stats.size >= largeBytes) host.soon?.(file);
}

/** Smaller ones are hashed before anyone could wait for it. */
const largeBytes = 8 << 20;

function remoteHost(name: string): string | undefined {
  return /^[a-z][a-z0-9+.-]+:\/\/([^/]*)/i.exec(name)?.[1];
}
