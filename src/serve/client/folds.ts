/** What the reader folds and unfolds stays so; by step, it is remembered for as long as the tab lives. */
export function startFolds(): void {
  restore();
  addEventListener("stepbook:changed", restore);
  document.addEventListener("click", touch, true);
  document.addEventListener("toggle", remember, true);
}

/** At once, and not when the fold has turned: the page may change in between. */
function touch({ target }: Event): void {
  const fold = target instanceof Element ? target.closest("summary")?.parentElement : undefined;
  if (fold) fold.dataset["touched"] = "";
}

function remember({ target }: Event): void {
  if (!(target instanceof HTMLDetailsElement) || target.dataset["keep"] === undefined || target.dataset["touched"] === undefined) return;
  sessionStorage.setItem(`fold ${target.dataset["keep"]}`, target.open ? "open" : "shut");
}

function restore(): void {
  for (const fold of document.querySelectorAll<HTMLDetailsElement>("details[data-keep]")) {
    const kept = sessionStorage.getItem(`fold ${fold.dataset["keep"]}`);
    if (kept !== null && fold.dataset["touched"] === undefined) fold.open = kept === "open";
  }
}
