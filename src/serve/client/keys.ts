const places: Readonly<Record<string, string>> = { n: "/", g: "/graph", r: "/runs", e: "/experiments", m: "/models" };

/** `j` and `k` go from step to step; a letter goes to a page. Not while something is typed. */
export function startKeys(): void {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || (event.target as Element).closest("input, select, textarea")) return;
    const place = places[event.key];
    if (place) location.href = place;
    else if (event.key === "j" || event.key === "k") go(event.key === "j" ? 1 : -1);
  });
}

function go(by: number): void {
  const cells = [...document.querySelectorAll<HTMLElement>(".cell")];
  const at = cells.findLastIndex((cell) => cell.getBoundingClientRect().top < 120);
  const next = cells[Math.max(0, Math.min(cells.length - 1, at + by))];
  if (!next) return;
  next.scrollIntoView();
  next.querySelector<HTMLElement>("h2 a")?.focus({ preventScroll: true });
}
