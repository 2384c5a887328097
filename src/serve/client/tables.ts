let waiting: number | undefined;

/** Loads tables when they come into view; sorts, filters and pages them by asking the server. */
export function startTables(): void {
  const seen = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      seen.unobserve(target);
      const box = target as HTMLElement;
      void load(box, box.dataset["load"]!);
    }
  }, { rootMargin: "300px" });
  const watch = () => document.querySelectorAll("[data-load]:not([data-loaded])").forEach((box) => seen.observe(box));
  watch();
  addEventListener("stepbook:changed", watch);
  document.addEventListener("click", click);
  document.addEventListener("input", ({ target }) => {
    const form = (target as Element).closest<HTMLFormElement>("form[data-table]");
    if (!form) return;
    clearTimeout(waiting);
    waiting = setTimeout(() => ask(form, { offset: "0" }), 250);
  });
  document.addEventListener("submit", (event) => {
    if ((event.target as Element).matches("form[data-table]")) event.preventDefault();
  });
}

async function load(box: HTMLElement, address: string): Promise<void> {
  box.dataset["loaded"] = "";
  const answer = await fetch(address);
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const content = page.querySelector("form[data-table]") ?? page.querySelector("main");
  if (!content) return;
  const focused = (document.activeElement as HTMLInputElement | null)?.name;
  const [left, inside] = [box.querySelector(".scroll")?.scrollLeft ?? 0, box.contains(document.activeElement)];
  const open = box.querySelector(".filters:not([hidden])") !== null;
  box.replaceChildren(content);
  if (open) box.querySelector(".filters")?.removeAttribute("hidden");
  const scroll = box.querySelector(".scroll");
  if (scroll) scroll.scrollLeft = left;
  if (!inside || !focused) return;
  const input = box.querySelector<HTMLInputElement>(`input[name="${CSS.escape(focused)}"]`);
  input?.focus();
  input?.setSelectionRange(input.value.length, input.value.length);
}

function ask(form: HTMLFormElement, change: Record<string, string>): void {
  const { table, offset = "0", sort = "", down = "" } = form.dataset;
  const wishes = [...form.querySelectorAll<HTMLInputElement>(".filters input")].filter(({ value }) => value !== "").map(({ name, value }) => [name, value]);
  const query = new URLSearchParams([...wishes, ...Object.entries({ offset, sort, down, ...change })] as string[][]);
  void load(form.closest<HTMLElement>("[data-load]") ?? form.parentElement!, `${table}?${query}`);
}

function click(event: MouseEvent): void {
  const button = (event.target as Element).closest<HTMLButtonElement>("form[data-table] button");
  const form = button?.closest<HTMLFormElement>("form[data-table]");
  if (!button || !form) return;
  const { offset = "0", total = "0", sort = "", down = "" } = form.dataset;
  const column = button.dataset["sort"];
  if (column !== undefined) return ask(form, { offset: "0", sort: column === sort && down === "1" ? "" : column, down: column === sort && down === "" ? "1" : "" });
  if (button.dataset["go"] === "filter") {
    const row = form.querySelector<HTMLElement>(".filters");
    row?.toggleAttribute("hidden");
    button.setAttribute("aria-expanded", String(!row?.hidden));
    if (row && !row.hidden) row.querySelector("input")?.focus();
    return;
  }
  const size = 10;
  const last = Math.max(0, Math.ceil(Number(total) / size) - 1) * size;
  const to = { first: 0, back: Math.max(0, Number(offset) - size), on: Math.min(last, Number(offset) + size), last }[button.dataset["go"] ?? ""];
  if (to !== undefined) ask(form, { offset: String(to) });
}
