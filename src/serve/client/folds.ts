/** Remembers what was folded and unfolded, by step, for as long as the tab lives; opens what an address points into. */
export function startFolds(): void {
  restore();
  addEventListener("stepbook:changed", restore);
  document.addEventListener("toggle", remember, true);
}

function remember({ target }: Event): void {
  if (!(target instanceof HTMLDetailsElement) || target.dataset["keep"] === undefined) return;
  target.dataset["touched"] = "";
  sessionStorage.setItem(`fold ${target.dataset["keep"]}`, target.open ? "open" : "shut");
}

function restore(): void {
  for (const fold of document.querySelectorAll<HTMLDetailsElement>("details[data-keep]")) {
    const kept = sessionStorage.getItem(`fold ${fold.dataset["keep"]}`);
    if (kept !== null && fold.dataset["touched"] === undefined) fold.open = kept === "open";
  }
}
