const place = "stepbook single keys";

/** Whether a key that is pressed alone does something: it is in the way of who speaks to the browser, or holds other keys by it. */
export function singleKeys(): boolean {
  return localStorage.getItem(place) !== "off";
}

/** Holds for all pages of this server, in this browser. */
export function setSingleKeys(on: boolean): void {
  if (on) localStorage.removeItem(place);
  else localStorage.setItem(place, "off");
  markSingleKeys();
}

/** A page names no key that does nothing. */
export function markSingleKeys(): void {
  document.documentElement.classList.toggle("no-single-keys", !singleKeys());
}
