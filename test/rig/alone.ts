import { spawn } from "node:child_process";
import { finished, type Result, TestProject } from "./project.ts";
import { asInstalled } from "./pty.ts";

/** A project that has the package installed; of its step `10_a` the export `a` is told alone, too. */
export function installedProject(files: Readonly<Record<string, string>>): TestProject {
  const project = new TestProject({ ...files, "alone.ts": 'import { a } from "./steps/10_a.ts";\nconsole.log(JSON.stringify(a));\n' });
  asInstalled(project);
  return project;
}

/** What the step says by tsx, as JSON on stdout. */
export function alone({ folder }: TestProject): Promise<Result> {
  return finished(spawn(process.execPath, ["--import", "tsx", "alone.ts"], { cwd: folder, stdio: ["ignore", "pipe", "pipe"] }));
}
