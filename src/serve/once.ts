import type { Site } from "./site.ts";

/** Shorter than the time after which a change by another process is seen. */
const goodFor = 120;
const most = 32;

interface Rendered {
  readonly version: number;
  readonly at: number;
  readonly answer: Promise<Response>;
}

/**
 * One rendering for all who ask for the same page at the same moment: when a step ends, every viewer's page asks.
 * A change that is told makes the next one ask anew.
 */
export function makeOnce(site: Site): (address: string, render: () => Response | Promise<Response>) => Promise<Response> {
  const kept = new Map<string, Rendered>();
  return async (address, render) => {
    const { version } = site.live;
    const known = kept.get(address);
    if (known && known.version === version && performance.now() - known.at < goodFor) return (await known.answer).clone();
    const answer = Promise.resolve().then(render);
    kept.delete(address);
    kept.set(address, { version, at: performance.now(), answer });
    if (kept.size > most) kept.delete(kept.keys().next().value!);
    answer.catch(() => kept.delete(address));
    const made = await answer;
    // From its end on, not its beginning: those who waited while it was made find it.
    if (kept.get(address)?.answer === answer) kept.set(address, { version, at: performance.now(), answer });
    return made.clone();
  };
}
