import { performance } from "node:perf_hooks";
import { type LaidOut, page, PageAnswer } from "./answer.ts";
import type { Live, Notice } from "./live.ts";

/** Shorter than the time after which a change by another process is seen. */
const goodFor = 120;
const most = 32;
/** ms: what a step's end and the next one's start change is one change, and the run goes first: by then the next step's process is on its way. */
const settle = 45;
/** A rendering may take this share of the time, since a run goes on in the same process; but no page is older than `longest` ms. */
const share = 1 / 8;
const longest = 1000;

interface Rendered {
  readonly version: number;
  readonly at: number;
  readonly answer: Promise<Response>;
}

/** What a viewer is told: what its page shows otherwise now, element by element; or that it must ask for the page again. */
type PageNotice =
  | { readonly type: "patch"; readonly from: string; readonly to: string; readonly parts: Readonly<Record<string, string>> }
  | Extract<Notice, { type: "change" }>;

type Tell = (notice: PageNotice) => void;

interface Watched {
  readonly viewers: Set<Tell>;
  /** As its viewers have it. */
  last: LaidOut | undefined;
  /** Which rendering that was: one that began earlier and ended later is older. */
  turn: number;
}

/**
 * The pages that are looked at. A page is rendered once for all who look at it, no more often than the run
 * that goes on can bear, and its viewers get the elements that are others now.
 */
export class Shown {
  readonly #live: Live;
  readonly #kept = new Map<string, Rendered>();
  readonly #watched = new Map<string, Watched>();
  #ask: (address: string) => Response | Promise<Response> = () => new Response();
  #unwatch = () => {};
  #later: NodeJS.Timeout | undefined;
  #next = 0;
  #turn = 0;

  constructor(live: Live) {
    this.#live = live;
  }

  /** How a page is had that a viewer looks at: as the viewer had it. */
  askBy(ask: (address: string) => Response | Promise<Response>): void {
    this.#ask = ask;
  }

  /** One rendering for all who ask at the same moment; those who look at the page are told what it changed. */
  async get(address: string, render: () => Response | Promise<Response>): Promise<Response> {
    const { version } = this.#live;
    const known = this.#kept.get(address);
    const answer =
      known?.version === version && performance.now() - known.at < goodFor ? known.answer : this.#render(address, version, render);
    const made = await answer;
    if (!(made instanceof PageAnswer)) return made;
    // Rendered before somebody came who looks at it: what changes from now on is told from there.
    const watched = this.#watched.get(address);
    if (watched) watched.last ??= made.laidOut;
    return page(made.laidOut, made.status);
  }

  /** @param have the state that the viewer's page is in */
  watch(address: string, have: string, tell: Tell): () => void {
    if (this.#watched.size === 0) this.#unwatch = this.#live.watch(({ type }) => type === "change" && this.#plan());
    const watched = this.#watched.get(address) ?? { viewers: new Set(), last: undefined, turn: 0 };
    this.#watched.set(address, watched);
    watched.viewers.add(tell);
    void this.#meet(address, watched, have, tell);
    return () => {
      watched.viewers.delete(tell);
      if (watched.viewers.size > 0 || this.#watched.get(address) !== watched) return;
      this.#watched.delete(address);
      if (this.#watched.size === 0) this.#end();
    };
  }

  #end(): void {
    this.#unwatch();
    clearTimeout(this.#later);
    this.#later = undefined;
  }

  /** What changed between the viewer's page and its coming here. */
  async #meet(address: string, watched: Watched, have: string, tell: Tell): Promise<void> {
    if (!watched.last) await this.#ask(address);
    if (watched.last?.state !== have) tell({ type: "change" });
  }

  #render(address: string, version: number, render: () => Response | Promise<Response>): Promise<Response> {
    const turn = ++this.#turn;
    const answer = Promise.resolve().then(render);
    const keep = () => {
      this.#kept.delete(address);
      this.#kept.set(address, { version, at: performance.now(), answer });
      if (this.#kept.size > most) this.#kept.delete(this.#kept.keys().next().value!);
    };
    keep();
    answer.then(
      (made) => {
        // From its end on, not its beginning: those who waited while it was made find it.
        if (this.#kept.get(address)?.answer === answer) keep();
        if (made instanceof PageAnswer) this.#tell(address, made.laidOut, turn);
      },
      () => this.#kept.get(address)?.answer === answer && this.#kept.delete(address),
    );
    return answer;
  }

  #plan(): void {
    if (this.#later) return;
    this.#later = setTimeout(() => void this.#renderWatched(), Math.max(settle, this.#next - performance.now()));
    this.#later.unref();
  }

  async #renderWatched(): Promise<void> {
    // Of this thread: what esbuild or the disk takes holds up nobody.
    const begin = performance.eventLoopUtilization();
    const { version } = this.#live;
    for (const address of [...this.#watched.keys()]) {
      try {
        await this.#ask(address);
      } catch {
        // whoever asks for the page is told
      }
    }
    this.#next = performance.now() + Math.min(longest, performance.eventLoopUtilization(begin).active / share);
    this.#later = undefined;
    if (this.#live.version !== version && this.#watched.size > 0) this.#plan();
  }

  #tell(address: string, now: LaidOut, turn: number): void {
    const watched = this.#watched.get(address);
    const before = watched?.last;
    if (!watched || turn < watched.turn) return;
    watched.last = now;
    watched.turn = turn;
    // Who came before anything was known compares by itself.
    if (!before || before.state === now.state) return;
    const notice = changesBetween(before, now);
    for (const tell of watched.viewers) tell(notice);
  }
}

/** A page's address without the server's name, of which there are several. */
export function addressOf(url: string): string {
  const { pathname, search } = new URL(url, "http://localhost");
  return pathname + search;
}

function changesBetween(before: LaidOut, now: LaidOut): PageNotice {
  const ids = [...now.parts.keys()];
  if (ids.join() !== [...before.parts.keys()].join()) return { type: "change" };
  return {
    type: "patch",
    from: before.state,
    to: now.state,
    parts: Object.fromEntries(ids.filter((id) => before.parts.get(id) !== now.parts.get(id)).map((id) => [id, now.parts.get(id)!])),
  };
}
