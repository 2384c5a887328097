import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fail } from "../errors.ts";
import { nearest } from "../nearest.ts";
import { maskOutput } from "./mask-output.ts";
import { refuseSecretEvent, secretsOf } from "./secrets.ts";
import { perHost, setHost, type Host, type StepEvent } from "./host.ts";
import { endPlainly } from "./standalone-end.ts";
import { showEvent } from "./standalone-events.ts";

/**
 * The host of a step that runs as a plain script (`npx tsx steps/20_split.ts -p k=7`): nothing is stored,
 * effects are shown and not done, displays go to stderr so that stdout stays the script's own.
 */
export function standaloneHost(): Host {
  const script = process.argv[1] ?? path.join(process.cwd(), "repl");
  const { params } = parseArguments(process.argv.slice(2));
  const now = new Date().toISOString();
  const used = new Set<string>();
  const host: Host = {
    mode: "standalone",
    project: findProject(path.resolve(script)),
    staging: temporaryFolder(),
    kept: null,
    step: path.parse(script).name,
    run: { id: "standalone", trigger: "manual", logicalDate: now, startedAt: now },
    params,
    memory: null,
    threads: 1,
    note: (read) => void (read.kind === "param" && used.add(read.name)),
    opaque: () => {},
    written: () => {},
    emit(event: StepEvent) {
      refuseSecretEvent(host, event);
      showEvent(event);
    },
    // One mask for all: it is told of each secret before this is called.
    secret: () => void perHost(host, "masked output", () => (maskOutput(secretsOf(host)), true)),
  };
  setHost(host);
  endPlainly();
  process.once("exit", (code) => {
    if (code === 0) warnOfUnusedParams(params, used);
  });
  return host;
}

/** The nearest folder above the script that has `steps/`, else the current folder. */
export function findProject(script: string): string {
  for (let folder = path.dirname(script); ; folder = path.dirname(folder)) {
    if (existsSync(path.join(folder, "steps"))) return folder;
    if (folder === path.dirname(folder)) return process.cwd();
  }
}

/**
 * `-p name=value`, `--param name=value`, `-pname=value`; anything else is the script's own.
 * @throws E_USAGE for a `-p` without `name=value`
 */
export function parseArguments(words: readonly string[]): { params: Record<string, string> } {
  const params: Record<string, string> = Object.create(null);
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    if (word === "--") break;
    const given = word === "-p" || word === "--param" ? (words[++i] ?? "") : /^(?:-p|--param=)(.+=.*)$/s.exec(word)?.[1];
    if (given === undefined) continue;
    const at = given.indexOf("=");
    if (at < 1) fail("E_USAGE", `-p takes name=value, not "${given}"`, { remedy: "write -p k=7" });
    params[given.slice(0, at)] = given.slice(at + 1);
  }
  return { params };
}

function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), "stepbook-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function warnOfUnusedParams(params: Readonly<Record<string, string>>, used: ReadonlySet<string>): void {
  for (const name of Object.keys(params)) {
    if (!used.has(name)) process.stderr.write(`-p ${name}=…: no step that ran has such a param; ${nearest(name, [...used])}\n`);
  }
}
