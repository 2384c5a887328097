import os from "node:os";

/** What a step may learn of the machine and its place on it, besides files and environment; `project` is the folder. */
export const machineFacts: Readonly<Record<string, (project: string) => unknown>> = {
  project: (project) => project,
  arch: quiet(os.arch),
  availableParallelism: quiet(os.availableParallelism),
  // The clock rates and times of the processors are no facts.
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
};

/** The function as it was before the runner wrapped it. */
function quiet(fact: () => unknown): () => unknown {
  return () => fact();
}
