import { here } from "./here.ts";

/** Least time between two reports, in milliseconds. */
const interval = 100;

export interface TrackOptions {
  /** Number of items, where the iterable has neither `length` nor `size`. */
  readonly total?: number;
}

/**
 * The same items, with a progress bar while they are gone through.
 *
 * @param label what is being done; may be left out
 * @example for (const k of track(candidates, "tuning")) …
 * @example for await (const page of track(fetchPages(), "fetching", { total: 12 })) …
 */
export function track<Item>(items: Iterable<Item>, label?: string, options?: TrackOptions): Generator<Item, void, undefined>;
export function track<Item>(items: AsyncIterable<Item>, label?: string, options?: TrackOptions): AsyncGenerator<Item, void, undefined>;
export function track<Item>(
  items: Iterable<Item> | AsyncIterable<Item>,
  label = "",
  { total }: TrackOptions = {},
): Generator<Item, void, undefined> | AsyncGenerator<Item, void, undefined> {
  const report = reporter(label, total ?? sizeOf(items));
  return Symbol.asyncIterator in items ? trackAsync(items, report) : trackSync(items, report);
}

function* trackSync<Item>(items: Iterable<Item>, report: Reporter): Generator<Item, void, undefined> {
  let done = 0;
  try {
    report(done);
    for (const item of items) {
      yield item;
      report(++done);
    }
  } finally {
    report(done, true);
  }
}

async function* trackAsync<Item>(items: AsyncIterable<Item>, report: Reporter): AsyncGenerator<Item, void, undefined> {
  let done = 0;
  try {
    report(done);
    for await (const item of items) {
      yield item;
      report(++done);
    }
  } finally {
    report(done, true);
  }
}

function sizeOf(items: object): number | null {
  const { length, size } = items as { length?: unknown; size?: unknown };
  return typeof length === "number" ? length : typeof size === "number" ? size : null;
}

type Reporter = (done: number, last?: boolean) => void;

function reporter(label: string, total: number | null): Reporter {
  const host = here();
  let told = -1;
  let at = -Infinity;
  return (done, last = false) => {
    // The clock of the process, not that of the day, which may be set back.
    const now = performance.now();
    if (done === told || (!last && now - at < interval)) return;
    [told, at] = [done, now];
    host.emit({ type: "progress", label, done, total });
  };
}
