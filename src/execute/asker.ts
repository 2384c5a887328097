/** Who is behind a trap of a proxy. */
export interface Asker {
  /** The built-in function that it went through, such as `keys` of `Object.keys`; empty: the code itself, as with a spread. */
  readonly builtin: string;
  /** The code lies in a package, not in the step or its helpers. */
  readonly inPackage: boolean;
  /** Its file. */
  readonly file: string;
  /** It is Node's own. */
  readonly inNode: boolean;
}

/** To be called by the trap itself. A trap is not told who asks; the stack tells. */
export function asker(): Asker {
  // callSites, this function, the trap.
  const [first, ...rest] = callSites().slice(3);
  const builtin = first && !first.getFileName() && !first.isEval() ? (first.getFunctionName() ?? "?") : "";
  const file = [first, ...rest].find((site) => site?.getFileName())?.getFileName() ?? "";
  return { builtin, inPackage: /[\\/]node_modules[\\/]/.test(file), file, inNode: file.startsWith("node:") };
}

/** As V8 has them: a stack as text is made by way of the source maps, which is slow. */
function callSites(): NodeJS.CallSite[] {
  const { prepareStackTrace, stackTraceLimit } = Error;
  try {
    Error.stackTraceLimit = 12;
    Error.prepareStackTrace = (_, sites) => sites;
    return new Error().stack as unknown as NodeJS.CallSite[];
  } finally {
    Object.assign(Error, { prepareStackTrace, stackTraceLimit });
  }
}
