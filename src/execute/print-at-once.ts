/**
 * What this process prints is in its pipe when the call that prints it returns. Node would keep in memory what the pipe
 * does not hold yet, and that would be lost with a step that throws, ends its process or is killed.
 */
export function printAtOnce(): void {
  for (const name of ["stdout", "stderr"] as const) {
    const lazy = Object.getOwnPropertyDescriptor(process, name)!;
    // Made at its first use, as before: most steps print nothing.
    const get = () => {
      Object.defineProperty(process, name, lazy);
      const stream = process[name] as NodeJS.WriteStream & { _handle?: { setBlocking?(on: boolean): void } };
      stream._handle?.setBlocking?.(true);
      return stream;
    };
    Object.defineProperty(process, name, { ...lazy, get });
  }
}
