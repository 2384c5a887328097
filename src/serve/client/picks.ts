/**
 * What the reader ticked for a comparison stays so while rows come and go; from the first tick on nothing is ticked for them. Where two are
 * compared, a third takes the place of the one that was ticked first.
 */
export function startPicks(): void {
  let ticked: readonly string[] | undefined;
  document.addEventListener("change", ({ target }) => {
    const box = target as HTMLInputElement;
    if (!box.matches(".pick input")) return;
    const others = (
      ticked ??
      boxes()
        .filter(({ checked }) => checked)
        .map(({ value }) => value)
    ).filter((value) => value !== box.value);
    const most = box.form?.dataset["compare"] === undefined ? Infinity : 2;
    ticked = box.checked ? [...others, box.value].slice(-most) : others;
    show();
  });
  const show = () => {
    if (ticked) for (const box of boxes()) box.checked = ticked.includes(box.value);
  };
  addEventListener("stepbook:changed", show);
}

function boxes(): HTMLInputElement[] {
  return [...document.querySelectorAll<HTMLInputElement>(".pick input")];
}
