import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

/** Where the other tools were installed; null where they cannot be had. */
export interface Tools {
  /** `node_modules/.bin` with the tools of npm. */
  readonly npm: string | null;
  /** `bin` of a virtual environment with the tools of pip. */
  readonly pip: string | null;
}

const npmPackages = { "@moonrepo/cli": "2.5.5", nx: "24.0.6", turbo: "2.11.11", wireit: "0.14.13" };
const pipPackages = { dvc: "3.67.1", snakemake: "9.27.1" };

export const versions: Readonly<Record<string, string>> = { ...npmPackages, ...pipPackages };

/** Installs the other tools once, outside the repository; the next bench finds them there. */
export function findTools(say: (line: string) => void): Tools {
  const folder = process.env["BENCH_PEERS"] ?? path.join(tmpdir(), "stepbook-bench-peers");
  return { npm: once(folder, "npm", npmPackages, installNpm, say), pip: once(folder, "pip", pipPackages, installPip, say) };
}

type Install = (folder: string, packages: Readonly<Record<string, string>>) => string;

function once(
  parent: string,
  kind: string,
  packages: Readonly<Record<string, string>>,
  install: Install,
  say: (line: string) => void,
): string | null {
  const folder = path.join(parent, kind);
  const [marker, wanted] = [path.join(folder, "installed"), JSON.stringify(packages)];
  try {
    if (existsSync(marker) && readFileSync(marker, "utf8").startsWith(`${wanted}\n`)) return readFileSync(marker, "utf8").split("\n")[1]!;
    say(`installing ${Object.keys(packages).join(", ")} by ${kind} into ${folder}, once`);
    mkdirSync(folder, { recursive: true });
    const bin = install(folder, packages);
    writeFileSync(marker, `${wanted}\n${bin}`);
    return bin;
  } catch (error) {
    say(`${kind}: ${(error as Error).message.split("\n")[0]}`);
    return null;
  }
}

function installNpm(folder: string, packages: Readonly<Record<string, string>>): string {
  writeFileSync(path.join(folder, "package.json"), JSON.stringify({ private: true, dependencies: packages }));
  execFileSync("npm", ["install", "--no-audit", "--no-fund", "--silent"], { cwd: folder, stdio: "pipe" });
  return path.join(folder, "node_modules", ".bin");
}

function installPip(folder: string, packages: Readonly<Record<string, string>>): string {
  execFileSync("python3", ["-m", "venv", "env"], { cwd: folder, stdio: "pipe" });
  const bin = path.join(folder, "env", "bin");
  const wanted = Object.entries(packages).map(([name, version]) => `${name}==${version}`);
  execFileSync(path.join(bin, "pip"), ["install", "--quiet", ...wanted], { stdio: "pipe" });
  return bin;
}

export function ofNpm(tools: Tools, name: string): { program: string } | { why: string } {
  return tools.npm === null ? { why: "could not be installed by npm" } : { program: path.join(tools.npm, name) };
}

export function ofPip(tools: Tools, name: string): { program: string } | { why: string } {
  return tools.pip === null ? { why: "could not be installed by pip" } : { program: path.join(tools.pip, name) };
}

export function ofSystem(name: string): { program: string } | { why: string } {
  const program = (process.env["PATH"] ?? "")
    .split(path.delimiter)
    .map((folder) => path.join(folder, name))
    .find((file) => existsSync(file));
  return program === undefined ? { why: "not on this machine" } : { program };
}

/** For tools that ask git what changed. */
export function commitAll(project: string): void {
  const git = (...words: string[]) =>
    execFileSync("git", ["-c", "user.name=bench", "-c", "user.email=bench@localhost", "-c", "commit.gpgsign=false", ...words], {
      cwd: project,
      stdio: "pipe",
    });
  git("init", "--quiet", "-b", "main");
  git("add", ".");
  git("commit", "--quiet", "-m", "grid");
}
