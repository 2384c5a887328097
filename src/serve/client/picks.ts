/** What the reader ticked for a comparison stays so while rows come and go; from the first tick on nothing is ticked for them. */
export function startPicks(): void {
  let ticked: ReadonlySet<string> | undefined;
  document.addEventListener("change", ({ target }) => {
    if ((target as Element).matches(".pick input")) ticked = new Set(boxes().filter(({ checked }) => checked).map(({ value }) => value));
  });
  addEventListener("stepbook:changed", () => {
    if (ticked) for (const box of boxes()) box.checked = ticked.has(box.value);
  });
}

function boxes(): HTMLInputElement[] {
  return [...document.querySelectorAll<HTMLInputElement>(".pick input")];
}
