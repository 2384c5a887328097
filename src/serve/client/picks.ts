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
    if (!ticked) return;
    for (const box of boxes()) box.checked = ticked.includes(box.value);
    for (const link of document.querySelectorAll<HTMLAnchorElement>("a[data-picks]")) take(link, ticked);
  };
  addEventListener("stepbook:changed", show);
}

/** A link to the same rows, in another order or on another page, takes along what is ticked. */
function take(link: HTMLAnchorElement, ticked: readonly string[]): void {
  const address = new URL(link.href);
  const here = new Set(boxes().map(({ value }) => value));
  const elsewhere = address.searchParams.getAll("pick").filter((value) => !here.has(value));
  address.searchParams.delete("pick");
  for (const value of new Set([...elsewhere, ...ticked])) address.searchParams.append("pick", value);
  link.href = address.href;
}

function boxes(): HTMLInputElement[] {
  return [...document.querySelectorAll<HTMLInputElement>(".pick input")];
}
