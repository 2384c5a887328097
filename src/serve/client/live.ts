import { Idiomorph } from "idiomorph";
import { keepingFocus } from "./focus.ts";

interface Notice {
  readonly type: "change" | "patch" | "progress" | "log";
  readonly to?: string;
  readonly parts?: Readonly<Record<string, string>>;
  readonly run?: string;
  readonly from?: string | number;
  readonly lines?: readonly (readonly [string, number])[];
  readonly step?: string;
  readonly label?: string;
  readonly done?: number;
  readonly total?: number | null;
}

/** Before a server that is gone is asked again; ms. */
const pause = 1000;

let fetching = false;
let again = false;

/** The state that this page is in: the server's patches are told from state to state. */
let state = stateOf(document);

/**
 * Follows the server while somebody can see the page: what changed comes along and is put in place, without a reload or
 * losing place. A page in the background follows nothing (a browser has six connections to a server, for all its tabs),
 * and catches up when it is looked at.
 */
export function startLive(): void {
  let source: EventSource | undefined;
  const follow = () => {
    if (document.visibilityState === "hidden") {
      source?.close();
      source = undefined;
    } else source ??= listen(reopen);
  };
  // The browser would ask again from the state that the page was in when it first asked.
  const reopen = () => {
    source?.close();
    source = undefined;
    setTimeout(follow, pause);
  };
  follow();
  document.addEventListener("visibilitychange", follow);
}

function listen(lost: () => void): EventSource {
  const source = new EventSource(`/events?${new URLSearchParams({ page: location.pathname + location.search, state })}`);
  source.onerror = lost;
  // What could not be had while the server was gone is asked for again.
  source.onopen = () => void dispatchEvent(new Event("stepbook:changed"));
  source.onmessage = ({ data }) => {
    const notice = JSON.parse(data as string) as Notice;
    if (notice.type === "log") showLines(notice);
    else if (notice.type === "progress") showProgress(notice);
    else if (notice.type === "patch" && notice.from === state && !fetching) patch(notice);
    else if (notice.type === "change" || notice.to !== state) void refresh();
  };
  return source;
}

function stateOf(page: Document): string {
  return page.querySelector<HTMLMetaElement>("meta[name=stepbook-state]")?.content ?? "";
}

async function refresh(): Promise<void> {
  if (fetching) {
    again = true;
    return;
  }
  fetching = true;
  try {
    do {
      again = false;
      const answer = await fetch(location.href, { headers: { accept: "text/html" } });
      if (answer.ok) put(await answer.text());
    } while (again);
  } catch (error) {
    // The server is gone, and the stream tells when it is back. All else is a mistake of ours.
    if (!(error instanceof TypeError)) throw error;
  } finally {
    fetching = false;
  }
}

function put(text: string): void {
  const fresh = new DOMParser().parseFromString(text, "text/html");
  for (const id of ["acts", "outline", "main"]) replace(id, fresh.getElementById(id));
  document.title = fresh.title;
  state = stateOf(fresh);
  dispatchEvent(new Event("stepbook:changed"));
}

function patch({ to = "", parts = {} }: Notice): void {
  for (const [id, text] of Object.entries(parts)) replace(id, new DOMParser().parseFromString(text, "text/html").getElementById(id));
  state = to;
  dispatchEvent(new Event("stepbook:changed"));
}

function replace(id: string, now: HTMLElement | null): void {
  const old = document.getElementById(id);
  // A fold that comes before another must not be taken for it.
  for (const part of [old, now])
    for (const fold of part?.querySelectorAll<HTMLElement>("details[data-keep]:not([id])") ?? []) fold.id = `fold-${fold.dataset["keep"]}`;
  if (old && now)
    keepingFocus(id, () =>
      Idiomorph.morph(old, now, {
        morphStyle: "outerHTML",
        ignoreActiveValue: isTypedInto(document.activeElement),
        callbacks: { beforeNodeMorphed: keep, beforeAttributeUpdated: keepOpen },
      }),
    );
}

/** What is typed stays; a button that has the focus gets its new words. */
function isTypedInto(active: Element | null): boolean {
  return active !== null && active.matches("input, textarea, select");
}

/** A table that was loaded, and a form that is being filled in, stay as they are. */
function keep(old: Node, now: Node): boolean {
  if (!(old instanceof HTMLElement) || !(now instanceof HTMLElement)) return true;
  if (old.dataset["load"] !== undefined && old.dataset["load"] === now.dataset["load"]) return false;
  return !old.hasAttribute("data-still");
}

/** What the reader folded or unfolded stays so. */
function keepOpen(name: string, node: Node): boolean {
  if (name === "style" && node instanceof HTMLIFrameElement) return false;
  return !(["open", "data-touched"].includes(name) && node instanceof HTMLDetailsElement && node.dataset["touched"] !== undefined);
}

const mostLines = 3000;

/** Adds what a step printed below what is there; whoever looks at the end goes on looking at the end. */
function showLines({ run, step, from = 0, lines = [] }: Notice): void {
  const log = document.querySelector<HTMLElement>(`[data-log="${CSS.escape(`${run}/${step}`)}"]`);
  if (!log) return;
  const shown = Number(log.dataset["bytes"]);
  if (Number(from) > shown) return void refresh();
  const atEnd = log.scrollTop + log.clientHeight >= log.scrollHeight - 4;
  const wish = log.closest("details")?.querySelector<HTMLInputElement>("[data-find]")?.value.toLowerCase() ?? "";
  for (const [text, end] of lines) {
    if (end <= shown) continue;
    const line = document.createElement("span");
    line.className = "line";
    line.textContent = `${text}\n`;
    line.hidden = !text.toLowerCase().includes(wish);
    log.append(line);
    log.closest("details")!.hidden = false;
    log.dataset["bytes"] = String(end);
  }
  while (log.childElementCount > mostLines) log.firstElementChild!.remove();
  if (atEnd) log.scrollTop = log.scrollHeight;
}

function showProgress({ step, label, done = 0, total = null }: Notice): void {
  const box = document.querySelector(`[data-progress="${CSS.escape(step ?? "")}"]`);
  const [bar, words] = [box?.querySelector("progress"), box?.querySelector("span")];
  if (bar && total) bar.value = Math.min(1, done / total);
  if (words) words.textContent = `${label ?? ""} ${done}${total === null ? "" : ` of ${total}`}`;
}
