import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { symlinkSync, writeFileSync, mkdirSync } from "node:fs";
import path from "node:path";
import { built, root } from "./build.ts";
import type { TestProject } from "./project.ts";

/** Whether there is a terminal to be had: `script` of util-linux, which hands on what is typed and the exit code. */
export const hasPty = spawnSync("script", ["-qec", "exit 7", "/dev/null"], { stdio: "ignore" }).status === 7;

/** A command on a terminal of its own, started by a shell, which stays there when it has ended. */
export interface OnTerminal {
  readonly child: ChildProcess;
  /** What the terminal showed so far. */
  readonly shown: () => string;
  readonly type: (text: string) => void;
  /** The shell is about to start the command. */
  readonly begun: Promise<void>;
  /** The command's exit code, as the shell tells it: 130 after Ctrl-C. Null: the terminal went first. */
  readonly ended: Promise<number | null>;
  /** Whether its settings are those of before, and the cursor is shown. */
  readonly restored: () => boolean;
  readonly close: () => void;
}

export function onTerminal(project: TestProject, command: string, env: NodeJS.ProcessEnv): OnTerminal {
  // Keys that come after the command's end are nobody's: they must not end what tells its code, and a terminal that takes ^C for a
  // signal throws away what is on its way to be shown.
  const shell = `trap : INT; echo "began with $(stty -g)"; ${command}; code=$?; trap "" INT; state=$(stty -g); stty -echo -isig; echo; echo "ended with $code $state."; cat > /dev/null`;
  const child = spawn("script", ["-qec", shell, "/dev/null"], {
    cwd: project.folder,
    env: { ...process.env, NO_COLOR: "1", TERM: "xterm", SHELL: "/bin/sh", ...env },
    stdio: ["pipe", "pipe", "inherit"],
  });
  let text = "";
  child.stdin!.on("error", () => {});
  const ended = new Promise<number | null>((resolve) => {
    child.stdout!.on("data", (data: Buffer) => {
      text += data.toString();
      const code = /ended with (\d+) \S*\./.exec(text)?.[1];
      if (code !== undefined) resolve(Number(code));
    });
    child.once("close", () => resolve(null));
  });
  const begun = new Promise<void>((resolve) => {
    child.stdout!.on("data", () => text.includes("began with") && resolve());
    child.once("close", () => resolve());
  });
  const restored = () => {
    const [, before] = /began with (\S+)/.exec(text) ?? [];
    const [, after] = /ended with \d+ (\S+)\./.exec(text) ?? [];
    return before !== undefined && before === after && text.lastIndexOf("\x1b[?25l") <= text.lastIndexOf("\x1b[?25h");
  };
  return {
    child,
    begun,
    restored,
    shown: () => text,
    type: (word) => void child.stdin!.write(word),
    ended,
    close: () => void child.kill("SIGKILL"),
  };
}

/** The project as a user has it: the package installed, `npx tsx runner.ts` works. */
export function asInstalled(project: TestProject): void {
  const installed = project.path("node_modules/stepbook");
  mkdirSync(installed, { recursive: true });
  const api = path.join(built, "api.js");
  writeFileSync(
    path.join(installed, "package.json"),
    JSON.stringify({ name: "stepbook", type: "module", exports: { ".": api, "./runner": "./runner.js" } }),
  );
  writeFileSync(path.join(installed, "runner.js"), `export * from ${JSON.stringify(path.join(built, "runner.js"))};\n`);
  mkdirSync(project.path("node_modules/.bin"), { recursive: true });
  for (const name of ["tsx", "typescript"]) symlinkSync(path.join(root, "node_modules", name), project.path(`node_modules/${name}`));
  symlinkSync("../tsx/dist/cli.mjs", project.path("node_modules/.bin/tsx"));
  project.write("runner.ts", 'import { main } from "stepbook/runner";\n\nawait main();\n');
}
