import { openFinder } from "./finder.ts";
import { openKeys } from "./keys-dialog.ts";
import { markSingleKeys, singleKeys } from "./single-keys.ts";

const places: Readonly<Record<string, string>> = { n: "/", g: "/graph", r: "/runs", e: "/experiments", m: "/models", s: "/schedule" };

/** `j` and `k` go from step to step; a letter goes to a page. Not while something is typed, nor where they are switched off. */
export function startKeys(): void {
  markSingleKeys();
  document.addEventListener("keydown", (event) => {
    if (event.key === "k" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      return openFinder();
    }
    if (event.ctrlKey || event.metaKey || event.altKey || !singleKeys() || isTyped(event.target as Element)) return;
    const place = places[event.key];
    const act = { "/": openFinder, "?": openKeys, o: toggleCode, j: () => go(1), k: () => go(-1) }[event.key];
    if (place) location.href = place;
    else if (act) {
      event.preventDefault();
      act();
    }
  });
  document.addEventListener("click", ({ target }) => (target as Element).closest("[data-act=find]") && openFinder());
}

/** The focus may still be in a dialog that has just been closed. */
function isTyped(target: Element): boolean {
  return target.closest("dialog:not([open])") === null && target.closest("input, select, textarea, dialog") !== null;
}

function cells(): { all: HTMLElement[]; at: number } {
  const all = [...document.querySelectorAll<HTMLElement>(".cell")];
  return { all, at: all.findLastIndex((cell) => cell.getBoundingClientRect().top < 120) };
}

function go(by: number): void {
  const { all, at } = cells();
  const next = all[Math.max(0, Math.min(all.length - 1, at + by))];
  if (!next) return;
  next.scrollIntoView();
  next.querySelector<HTMLElement>("h2 a")?.focus({ preventScroll: true });
}

function toggleCode(): void {
  const { all, at } = cells();
  all[Math.max(0, at)]?.querySelector<HTMLElement>('details[data-keep^="code-"] > summary')?.click();
}
