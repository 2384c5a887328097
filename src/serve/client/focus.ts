/**
 * Changes a part of the page. Where the element that has the focus goes by that, what stands in its place gets it: who works by the
 * keyboard would begin at the top of the page again.
 */
export function keepingFocus(id: string, change: () => void): void {
  const held = document.getElementById(id)?.contains(document.activeElement) ? document.activeElement : null;
  change();
  if (held === null || held.isConnected) return;
  const now = document.getElementById(id);
  const next = id === "acts" ? now?.lastElementChild : id.startsWith("step-") ? now?.querySelector("h2 a") : now;
  (next as HTMLElement | null | undefined)?.focus({ preventScroll: true });
  if (document.activeElement === document.body) document.getElementById("main")?.focus({ preventScroll: true });
}
