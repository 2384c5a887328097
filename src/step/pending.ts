import { type Host, perHost } from "./host.ts";

/** Work that the step started and need not await, such as `display(table)`. */
const pendingOf = (host: Host) => perHost(host, "pending", () => new Set<Promise<unknown>>());

/** Keeps the work in mind until it is done. What it throws is told to whoever awaits the promise given, or is unhandled. */
export function keepPending<T>(host: Host, work: Promise<T>): Promise<T> {
  const pending = pendingOf(host);
  const done: Promise<unknown> = work.then(
    () => pending.delete(done),
    () => pending.delete(done),
  );
  pending.add(done);
  return work.then((value) => value);
}

export function isPending(host: Host): boolean {
  return pendingOf(host).size > 0;
}

/** Waits for all that is pending, what it starts in turn included; to be called before a step's results are stored. */
export async function settlePending(host: Host): Promise<void> {
  const pending = pendingOf(host);
  while (pending.size > 0) await Promise.all(pending);
}
