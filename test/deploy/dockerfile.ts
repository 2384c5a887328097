import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { root } from "../rig/build.ts";

export interface Stage {
  readonly from: string;
  readonly name: string;
  readonly instructions: readonly Instruction[];
}

export interface Instruction {
  readonly name: string;
  readonly value: string;
}

/** The stages of the repository's Dockerfile. */
export function readDockerfile(): Stage[] {
  const text = readFileSync(path.join(root, "Dockerfile"), "utf8")
    .replace(/^#.*\n/gm, "")
    .replace(/\\\n\s*/g, "");
  const stages: { from: string; name: string; instructions: Instruction[] }[] = [];
  for (const line of text.split("\n").filter((each) => each.trim() !== "")) {
    const [, name, value] = /^([A-Z]+) +(.*)$/.exec(line)!;
    const from = /^(\S+)(?: AS (\S+))?$/.exec(value!);
    if (name === "FROM") stages.push({ from: from![1]!, name: from![2] ?? "", instructions: [] });
    else stages.at(-1)!.instructions.push({ name: name!, value: value! });
  }
  return stages;
}

/** What the image makes of itself, in folders that stand for its `/app`. */
export interface Image {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  readonly command: readonly string[];
  readonly health: readonly string[];
}

/**
 * Runs the Dockerfile's own instructions, stage after stage, each in a folder below `base`.
 * @param quick `npm ci` is replaced by a copy of the packages that are installed here
 */
export function buildImage(base: string, quick: boolean): Image {
  const stages = readDockerfile();
  const folders = new Map(stages.map((stage, at) => [stage.name, path.join(base, `stage${at}`, "app")]));
  const env: Record<string, string> = {};
  let [command, health] = [[] as string[], [] as string[]];
  for (const stage of stages) {
    const folder = folders.get(stage.name)!;
    mkdirSync(folder, { recursive: true });
    for (const { name, value } of stage.instructions) {
      if (name === "RUN") run(value, folder, quick);
      else if (name === "COPY") copy(value, folder, folders);
      else if (name === "ENV")
        for (const pair of value.split(/\s+/)) env[pair.slice(0, pair.indexOf("="))] = pair.slice(pair.indexOf("=") + 1);
      else if (name === "CMD") command = JSON.parse(value) as string[];
      else if (name === "HEALTHCHECK") health = JSON.parse(value.slice(value.indexOf("CMD ") + 4)) as string[];
      else if (name === "WORKDIR" && value !== "/app") throw new Error(`WORKDIR ${value} is not followed here`);
      else if (!["WORKDIR", "USER", "EXPOSE"].includes(name)) throw new Error(`${name} is not followed here`);
    }
  }
  return { folder: folders.get("")!, env, command, health };
}

function run(command: string, folder: string, quick: boolean): void {
  if (command.startsWith("apt-get ")) return; // this machine has what native modules need, or fetches them built
  if (quick && command.startsWith("npm ci")) return copyPackages(folder);
  const { NODE_ENV: _, STEPBOOK_TEST_BUILD: __, ...env } = process.env;
  execFileSync("sh", ["-c", command], { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] });
}

function copyPackages(folder: string): void {
  execFileSync("cp", ["-a", path.join(root, "node_modules"), folder]);
  rmSync(path.join(folder, "node_modules/.cache"), { recursive: true, force: true });
}

function copy(value: string, folder: string, folders: ReadonlyMap<string, string>): void {
  const words = value.split(/\s+/);
  const from = words.find((word) => word.startsWith("--from="))?.slice("--from=".length);
  const [target, ...sources] = words.filter((word) => !word.startsWith("--")).reverse();
  for (const source of sources.reverse()) {
    const [origin, ignored] =
      from === undefined
        ? [path.join(root, source), ignoredIn(root)]
        : [path.join(folders.get(from)!, path.relative("/app", source)), () => false];
    const into = target!.endsWith("/") && source !== "." ? path.join(folder, target!, path.basename(source)) : path.join(folder, target!);
    cpSync(origin, into, { recursive: true, verbatimSymlinks: true, filter: (file) => !ignored(file) });
  }
}

/** What .dockerignore leaves out: names, `*` within a name, and `!` for what is not left out after all. */
function ignoredIn(context: string): (file: string) => boolean {
  const file = path.join(context, ".dockerignore");
  const lines = existsSync(file)
    ? readFileSync(file, "utf8")
        .split("\n")
        .filter((line) => line !== "" && !line.startsWith("#"))
    : [];
  const rules = lines.map((line) => ({
    out: !line.startsWith("!"),
    pattern: new RegExp(
      `^${line
        .replace(/^!/, "")
        .replace(/[.+?^${}()|[\]\\]/g, "\\$&")
        .replaceAll("*", "[^/]*")}(?:/|$)`,
    ),
  }));
  return (each) => rules.reduce((ignored, { out, pattern }) => (pattern.test(path.relative(context, each)) ? out : ignored), false);
}
