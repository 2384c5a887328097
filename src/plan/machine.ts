import os from "node:os";

/** What the process tells of its Node and its user. Of Node's version the engine counts the major part only. */
export const processProperties = [
  "version",
  "versions",
  "release",
  "execPath",
  "getuid",
  "geteuid",
  "getgid",
  "getegid",
  "getgroups",
  "constrainedMemory",
] as const;

/** What a step may learn of the machine and its place on it, besides files and environment; `project` is the folder. */
export const machineFacts: Readonly<Record<string, (project: string) => unknown>> = {
  project: (project) => project,
  arch: quiet(os.arch),
  availableParallelism: quiet(os.availableParallelism),
  // The clock rates and times of the processors keep changing: they are not facts.
  cpus: (() => {
    const { cpus } = os;
    return () => cpus().map(({ model }) => model);
  })(),
  homedir: quiet(os.homedir),
  hostname: quiet(os.hostname),
  networkInterfaces: quiet(os.networkInterfaces),
  release: quiet(os.release),
  tmpdir: quiet(os.tmpdir),
  totalmem: quiet(os.totalmem),
  userInfo: quiet(os.userInfo),
  version: quiet(os.version),
  ...Object.fromEntries(processProperties.map((name) => [`process.${name}`, processFact(process[name])])),
};

function processFact(value: unknown): () => unknown {
  return typeof value === "function" ? (value as () => unknown).bind(process) : () => value;
}

const imports = /\bimport\b([^;"']*)\bfrom\s*["'](?:node:)?process["']/g;

/** Facts that code imports by name, and so has without asking: `import { version } from "node:process"`; and `argv`. */
export function importedFacts(code: string): string[] {
  const named = [...code.matchAll(imports)].flatMap(([, names]) =>
    names!.includes("*") ? [...processProperties, "argv"] : [...names!.matchAll(/[\w$]+/g)].map(([name]) => name),
  );
  const has = (name: string) => (named as readonly string[]).includes(name);
  return [...processProperties.filter(has).map((name) => `process.${name}`), ...(has("argv") ? ["argv"] : [])];
}

/** The function as it was before the runner wrapped it. */
function quiet(fact: () => unknown): () => unknown {
  return () => fact();
}
