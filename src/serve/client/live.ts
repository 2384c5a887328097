import { Idiomorph } from "idiomorph";

interface Notice {
  readonly type: "change" | "progress" | "log";
  readonly run?: string;
  readonly from?: number;
  readonly lines?: readonly (readonly [string, number])[];
  readonly step?: string;
  readonly label?: string;
  readonly done?: number;
  readonly total?: number | null;
}

let fetching = false;
let again = false;

/** Follows the server: what changed is fetched and put in place, without a reload or losing place. */
export function startLive(): void {
  const source = new EventSource("/events");
  let opened = false;
  source.onopen = () => {
    // What happened while there was no connection is caught up with.
    if (opened) void refresh();
    opened = true;
  };
  source.onmessage = ({ data }) => {
    const notice = JSON.parse(data as string) as Notice;
    if (notice.type === "change") void refresh();
    else if (notice.type === "log") showLines(notice);
    else showProgress(notice);
  };
  addEventListener("stepbook:refresh", () => void refresh());
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
  for (const id of ["acts", "outline", "main"]) {
    const [old, now] = [document.getElementById(id), fresh.getElementById(id)];
    if (old && now) Idiomorph.morph(old, now, { morphStyle: "outerHTML", ignoreActiveValue: true, callbacks: { beforeNodeMorphed: keep, beforeAttributeUpdated: keepOpen } });
  }
  document.title = fresh.title;
  dispatchEvent(new Event("stepbook:changed"));
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
  return !(name === "open" && node instanceof HTMLDetailsElement && node.dataset["touched"] !== undefined);
}

const mostLines = 3000;

/** Adds what a step printed below what is there; whoever looks at the end goes on looking at the end. */
function showLines({ run, step, from = 0, lines = [] }: Notice): void {
  const log = document.querySelector<HTMLElement>(`[data-log="${CSS.escape(`${run}/${step}`)}"]`);
  if (!log) return;
  const shown = Number(log.dataset["bytes"]);
  if (from > shown) return void refresh();
  const atEnd = log.scrollTop + log.clientHeight >= log.scrollHeight - 4;
  const wish = log.closest("details")?.querySelector<HTMLInputElement>("[data-find]")?.value.toLowerCase() ?? "";
  for (const [text, end] of lines) {
    if (end <= shown) continue;
    const line = document.createElement("span");
    line.className = "line";
    line.textContent = `${text}\n`;
    line.hidden = !text.toLowerCase().includes(wish);
    log.append(line);
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
