import { type Dirent, existsSync, lstatSync, readdirSync, realpathSync } from "node:fs";
import path from "node:path";
import { fail } from "../errors.ts";

/** A step file, before anything in it is read. */
export interface StepFile {
  readonly id: string;
  readonly number: number;
  /** The id without its number; the whole id where two steps share a name. */
  readonly name: string;
  /** Where it really lies, relative to the project, with forward slashes. */
  readonly file: string;
}

/** `10_fetch.ts` and its kin; other files in `steps/` are helpers. */
export const stepPattern = /^(\d+)_([A-Za-z0-9][A-Za-z0-9_.-]*?)\.(?:[cm]?[jt]s|[jt]sx)$/;

/** What looks like a step, and would be passed over in silence. */
const nearlyStep = /^\d+(?:[-_. ].*)?\.(?:[cm]?[jt]s|[jt]sx)$/;

/**
 * The numbered modules in `steps/`, in the order of their numbers.
 * @throws E_NO_STEPS, E_STEP_NAME
 */
export function discoverSteps(project: string): StepFile[] {
  const modules = listSteps(path.join(project, "steps"))
    .map((entry) => ({ entry: entry.name, linked: entry.isSymbolicLink(), match: stepPattern.exec(entry.name) }))
    .filter(({ entry }) => !/\.(test|spec)\.|\.d\.[cm]?ts$/.test(entry));
  for (const { entry, match } of modules) if (!match && nearlyStep.test(entry)) refuseName(entry);
  const files = modules.filter(({ match }) => match);
  if (files.length === 0) {
    fail("E_NO_STEPS", `there is no step in ${path.join(project, "steps")}`, {
      remedy: "a step is a module such as steps/10_fetch.ts: a number, an underscore, a name",
    });
  }
  const folder = realFolder(project);
  const steps = files.map(({ entry, linked, match }) => ({
    id: `${match![1]}_${match![2]}`,
    number: Number(match![1]),
    name: match![2]!,
    file: linked ? realFile(project, `${folder}/${entry}`) : `${folder}/${entry}`,
  }));
  refuseTwins(steps);
  const shared = new Set(steps.map((step) => step.name).filter((name, i, all) => all.indexOf(name) !== i));
  return steps
    .map((step) => (shared.has(step.name) ? { ...step, name: step.id } : step))
    .sort((a, b) => a.number - b.number || (a.name < b.name ? -1 : 1));
}

function realFolder(project: string): string {
  return lstatSync(path.join(project, "steps")).isSymbolicLink() ? realFile(project, "steps") : "steps";
}

/** esbuild names a file by where it really lies, and itself says if one is missing. */
function realFile(project: string, file: string): string {
  try {
    return path.relative(project, realpathSync.native(path.join(project, file))).replaceAll("\\", "/");
  } catch {
    return file;
  }
}

function listSteps(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    const above = nearestAbove(path.dirname(folder));
    return fail("E_NO_STEPS", `there is no folder ${folder}`, {
      remedy:
        above === undefined
          ? "run this in the folder that holds steps/, or make steps/10_hello.ts there"
          : `run this in ${above}, which holds steps/`,
    });
  }
}

/** The nearest folder above that holds steps. */
function nearestAbove(folder: string): string | undefined {
  const above = path.dirname(folder);
  if (above === folder) return undefined;
  return existsSync(path.join(above, "steps")) ? above : nearestAbove(above);
}

function refuseName(entry: string): never {
  const [extension] = /\.[cm]?[jt]sx?$/.exec(entry)!;
  const [, number, rest] = /^(\d+)[-_. ]*(.*)$/.exec(entry.slice(0, -extension.length))!;
  const name =
    rest!
      .normalize("NFKD")
      .replace(/\p{M}/gu, "")
      .replace(/[^\w.-]+/g, "_")
      .replace(/^[^A-Za-z0-9]+/, "") || "name";
  return fail(
    "E_STEP_NAME",
    `steps/${entry} begins like a step and is none: a step's name is a number, an underscore, and letters from a to z, digits, _, - or .`,
    {
      place: { file: `steps/${entry}` },
      remedy: `call it ${number}_${name}${extension}; a helper's name begins with a letter`,
    },
  );
}

function refuseTwins(steps: readonly StepFile[]): void {
  const seen = new Map<string, StepFile>();
  for (const step of steps) {
    const key = `${step.number}_${step.name}`;
    const twin = seen.get(key);
    if (twin) {
      fail("E_STEP_NAME", `${twin.file} and ${step.file} have the same number and name`, {
        place: { file: step.file },
        remedy: "give one of them another number or name",
      });
    }
    seen.set(key, step);
  }
}
