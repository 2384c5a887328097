import { once } from "node:events";

/** What a reader may have left unread in the memory of this process before those wait for it that tell it much, in bytes. */
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
