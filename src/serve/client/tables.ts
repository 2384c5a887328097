let waiting: number | undefined;

/** Loads tables when they come into view; sorts, filters and pages them by asking the server. */
export function startTables(): void {
  const seen = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting) continue;
        seen.unobserve(target);
        const box = target as HTMLElement;
        void load(box, box.dataset["load"]!);
      }
    },
    { rootMargin: "300px" },
  );
  const watch = () => document.querySelectorAll("[data-load]:not([data-loaded])").forEach((box) => seen.observe(box));
  watch();
  addEventListener("stepbook:changed", watch);
  document.addEventListener("click", click);
  document.addEventListener("input", ({ target }) => {
    const form = (target as Element).closest<HTMLFormElement>("form[data-table]");
    if (!form) return;
    const box = boxOf(form);
    clearTimeout(waiting);
    // An answer that comes meanwhile puts another form there.
    waiting = setTimeout(() => ask(box.querySelector("form")!, { offset: "0" }), 250);
  });
  document.addEventListener("submit", (event) => {
    if ((event.target as Element).matches("form[data-table]")) event.preventDefault();
  });
}

async function load(box: HTMLElement, address: string): Promise<void> {
  box.dataset["loaded"] = address;
  const answer = await fetch(address).catch(() => undefined);
  if (!answer?.ok) {
    // The server is gone for a moment: the box is looked at again when the page changes.
    delete box.dataset["loaded"];
    return;
  }
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const content = page.querySelector("form[data-table]") ?? page.querySelector("main");
  // What was asked after this counts.
  if (!content || box.dataset["loaded"] !== address) return;
  const focused = box.contains(document.activeElement) ? document.activeElement : null;
  const left = box.querySelector(".scroll")?.scrollLeft ?? 0;
  const [open, typed] = [box.querySelector(".filters:not([hidden])") !== null, filtersOf(box)];
  box.replaceChildren(content);
  if (open) showFilters(box, true);
  // Also what was typed since this was asked for.
  for (const input of filtersOf(box)) input.value = typed.find(({ name }) => name === input.name)?.value ?? input.value;
  const scroll = box.querySelector(".scroll");
  if (scroll) scroll.scrollLeft = left;
  if (focused) refocus(box, focused as HTMLElement);
}

function showFilters(box: Element, on: boolean): void {
  box.querySelector<HTMLElement>(".filters")?.toggleAttribute("hidden", !on);
  box.querySelector("[data-go=filter]")?.setAttribute("aria-expanded", String(on));
}

function filtersOf(box: Element): HTMLInputElement[] {
  return [...box.querySelectorAll<HTMLInputElement>(".filters input")];
}

/** Whoever works by the keyboard stays where they are: in the same field, at the same button or, where that can go no further, at its counterpart. */
function refocus(box: HTMLElement, old: HTMLElement): void {
  const { go, sort } = old.dataset;
  if (old instanceof HTMLInputElement) {
    const input = filtersOf(box).find(({ name }) => name === old.name);
    input?.focus();
    input?.setSelectionRange(old.selectionStart, old.selectionEnd);
  } else if (sort !== undefined) box.querySelector<HTMLElement>(`[data-sort="${CSS.escape(sort)}"]`)?.focus();
  else if (go !== undefined)
    [go, go === "first" || go === "back" ? "on" : "back"]
      .map((each) => box.querySelector<HTMLButtonElement>(`[data-go="${each}"]`))
      .find((button) => button?.disabled === false)
      ?.focus();
}

function boxOf(form: HTMLFormElement): HTMLElement {
  return form.closest<HTMLElement>("[data-load]") ?? form.parentElement!;
}

function ask(form: HTMLFormElement, change: Record<string, string>): void {
  const { table, offset = "0", sort = "", down = "" } = form.dataset;
  const wishes = filtersOf(form)
    .filter(({ value }) => value !== "")
    .map(({ name, value }) => [name, value]);
  const query = new URLSearchParams([...wishes, ...Object.entries({ offset, sort, down, ...change })] as string[][]);
  void load(boxOf(form), `${table}?${query}`);
}

function click(event: MouseEvent): void {
  const button = (event.target as Element).closest<HTMLButtonElement>("form[data-table] button");
  const form = button?.closest<HTMLFormElement>("form[data-table]");
  if (!button || !form) return;
  const { offset = "0", total = "0", sort = "", down = "" } = form.dataset;
  const column = button.dataset["sort"];
  if (column !== undefined)
    return ask(form, { offset: "0", sort: column === sort && down === "1" ? "" : column, down: column === sort && down === "" ? "1" : "" });
  if (button.dataset["go"] === "filter") {
    const row = form.querySelector<HTMLElement>(".filters");
    showFilters(form, row?.hidden === true);
    if (row && !row.hidden) row.querySelector("input")?.focus();
    return;
  }
  const size = 10;
  const last = Math.max(0, Math.ceil(Number(total) / size) - 1) * size;
  const to = { first: 0, back: Math.max(0, Number(offset) - size), on: Math.min(last, Number(offset) + size), last }[
    button.dataset["go"] ?? ""
  ];
  if (to !== undefined) ask(form, { offset: String(to) });
}
