/** Where a row is wider than the screen, the current page's name and the middle of a graph are what is seen first. */
export function startNarrow(): void {
  const current = document.querySelector<HTMLElement>(".top nav [aria-current]");
  const places = current?.parentElement;
  if (current && places) places.scrollLeft = current.offsetLeft - places.offsetLeft - (places.clientWidth - current.offsetWidth) / 2;
  const graph = document.querySelector(".graph-box");
  if (graph) graph.scrollLeft = (graph.scrollWidth - graph.clientWidth) / 2;
}
