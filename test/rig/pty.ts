import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { symlinkSync, writeFileSync, mkdirSync } from "node:fs";
import path from "node:path";
import { built, root } from "./build.ts";
import type { TestProject } from "./project.ts";

/** Whether there is a terminal to be had: `script` of util-linux, which hands on what is typed and the exit code. */
export const hasPty = spawnSync("script", ["-qec", "exit 7", "/dev/null"], { stdio: "ignore" }).status === 7;

/** A command on a terminal of its own. */
export interface OnTerminal {
  readonly child: ChildProcess;
  /** What the terminal showed so far. */
  readonly shown: () => string;
  readonly type: (text: string) => void;
  /** The command's exit code, as a shell tells it: 130 after Ctrl-C. */
  readonly ended: Promise<number | null>;
}

export function onTerminal(project: TestProject, command: string, env: NodeJS.ProcessEnv): OnTerminal {
  const child = spawn("script", ["-qec", `exec ${command}`, "/dev/null"], {
    cwd: project.folder,
    env: { ...process.env, NO_COLOR: "1", TERM: "xterm", SHELL: "/bin/sh", ...env },
    stdio: ["pipe", "pipe", "inherit"],
  });
  let text = "";
  child.stdout!.on("data", (data: Buffer) => (text += data.toString()));
  child.stdin!.on("error", () => {});
  const ended = new Promise<number | null>((resolve) => child.once("close", (code) => resolve(code)));
  return { child, shown: () => text, type: (word) => void child.stdin!.write(word), ended };
}

/** The project as a user has it: the package installed, `npx tsx runner.ts` works. */
export function asInstalled(project: TestProject): void {
  const installed = project.path("node_modules/stepbook");
  mkdirSync(installed, { recursive: true });
  const api = path.join(built, "api.js");
  writeFileSync(path.join(installed, "package.json"), JSON.stringify({ name: "stepbook", type: "module", exports: { ".": api, "./runner": "./runner.js" } }));
  writeFileSync(path.join(installed, "runner.js"), `export * from ${JSON.stringify(path.join(built, "runner.js"))};\n`);
  mkdirSync(project.path("node_modules/.bin"), { recursive: true });
  for (const name of ["tsx", "typescript"]) symlinkSync(path.join(root, "node_modules", name), project.path(`node_modules/${name}`));
  symlinkSync("../tsx/dist/cli.mjs", project.path("node_modules/.bin/tsx"));
  project.write("runner.ts", 'import { main } from "stepbook/runner";\n\nawait main();\n');
}
