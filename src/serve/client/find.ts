/** Finds lines in a log: the others are hidden, those too that come later. */
export function startFind(): void {
  document.addEventListener("input", ({ target }) => {
    if (target instanceof HTMLInputElement && target.dataset["find"] !== undefined) narrow(target);
  });
  addEventListener("stepbook:changed", () =>
    document.querySelectorAll<HTMLInputElement>("[data-find]").forEach((input) => input.value !== "" && narrow(input)),
  );
}

function narrow(input: HTMLInputElement): void {
  const wish = input.value.toLowerCase();
  const log = input.closest("details, section")?.querySelector(".log");
  log?.querySelectorAll<HTMLElement>(".line").forEach((line) => (line.hidden = !line.textContent.toLowerCase().includes(wish)));
}
