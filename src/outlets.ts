import { once } from "node:events";

/** Unread output, in bytes, that may pile up here before writers must wait. */
const most = 8 * 1024 * 1024;

const outlets = new Set<NodeJS.WriteStream>();
let waiting: Promise<unknown> | undefined;

/** On this stream the process tells what happens. */
export function addOutlet(stream: NodeJS.WriteStream): void {
  outlets.add(stream);
}

/** @returns what to wait for before more is told, where a reader is far behind */
export function readersBehind(): Promise<unknown> | undefined {
  const behind = [...outlets].filter((stream) => stream.writableLength > most && !stream.destroyed);
  if (behind.length === 0) return waiting;
  waiting ??= Promise.all(behind.map(taken)).then(() => (waiting = undefined));
  return waiting;
}

/** Settles when all of it has been read, or the reader has gone. */
export async function taken(stream: NodeJS.WriteStream): Promise<void> {
  const over = new AbortController();
  await Promise.race(["drain", "close", "error"].map((event) => once(stream, event, { signal: over.signal }).catch(() => {})));
  over.abort();
}
