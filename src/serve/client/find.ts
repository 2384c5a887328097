/** Finds lines in a log: the others are hidden. */
export function startFind(): void {
  document.addEventListener("input", ({ target }) => {
    if (!(target instanceof HTMLInputElement) || target.dataset["find"] === undefined) return;
    const wish = target.value.toLowerCase();
    const log = target.closest("details, section")?.querySelector(".log");
    log?.querySelectorAll<HTMLElement>(".line").forEach((line) => (line.hidden = !line.textContent.toLowerCase().includes(wish)));
  });
}
