import { element } from "./element.ts";
import { openKeys } from "./keys-dialog.ts";

interface Found {
  readonly kind: string;
  readonly label: string;
  readonly hint: string;
  readonly href: string;
}

let asked = 0;
let chosen = 0;
/** What is typed is answered when this is done. */
let answered: Promise<void> = Promise.resolve();

/** A dialog that finds steps, runs, models and pages, by the keyboard alone. */
export function openFinder(): void {
  if (document.querySelector("dialog[open]")) return;
  const { dialog, input, list } = finder();
  input.value = "";
  dialog.showModal();
  answered = ask(input, list);
}

function finder(): { dialog: HTMLDialogElement; input: HTMLInputElement; list: HTMLUListElement } {
  const made = document.querySelector<HTMLDialogElement>("#finder") ?? make();
  return { dialog: made, input: made.querySelector("input")!, list: made.querySelector("ul")! };
}

function make(): HTMLDialogElement {
  const dialog = element("dialog", { id: "finder", "aria-label": "Find" });
  const input = element("input", {
    type: "text",
    role: "combobox",
    "aria-label": "Find steps, runs and models",
    "aria-expanded": "true",
    "aria-controls": "found",
    "aria-autocomplete": "list",
    placeholder: "Find steps, runs, models",
    autocomplete: "off",
    spellcheck: "false",
  });
  const list = element("ul", { id: "found", role: "listbox", "aria-label": "Found" });
  const [end, keys] = [element("p", { class: "finder-end" }), element("button", { type: "button", class: "small" }, "Keys")];
  end.append(keys);
  dialog.append(input, list, end);
  input.addEventListener("input", () => (answered = ask(input, list)));
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") choose(input, list, chosen + (event.key === "ArrowDown" ? 1 : -1));
    else if (event.key === "Enter") void answered.then(() => go(list.children[chosen]));
    else return;
    event.preventDefault();
  });
  list.addEventListener("click", ({ target }) => go((target as Element).closest("li")));
  keys.addEventListener("click", () => {
    dialog.close();
    openKeys();
  });
  // A click beside it closes it.
  dialog.addEventListener("click", ({ target }) => target === dialog && dialog.close());
  document.body.append(dialog);
  return dialog;
}

async function ask(input: HTMLInputElement, list: HTMLUListElement): Promise<void> {
  const own = ++asked;
  const answer = await fetch(`/find?q=${encodeURIComponent(input.value)}`).catch(() => undefined);
  if (!answer?.ok || own !== asked) return;
  const found = (await answer.json()) as Found[];
  list.replaceChildren(
    ...(found.length > 0 ? found.map(item) : [element("li", { class: "quiet", role: "option", "aria-disabled": "true" }, "nothing")]),
  );
  choose(input, list, 0);
}

function item({ kind, label, hint, href }: Found, index: number): HTMLLIElement {
  const made = element("li", { id: `found-${index}`, role: "option", "data-href": href });
  made.append(
    element("span", { class: "chip" }, kind),
    element("span", { class: "mono" }, label),
    element("span", { class: "quiet" }, hint),
  );
  return made;
}

function choose(input: HTMLInputElement, list: HTMLUListElement, wish: number): void {
  const count = list.children.length;
  chosen = count === 0 ? 0 : (wish + count) % count;
  [...list.children].forEach((each, index) => each.setAttribute("aria-selected", String(index === chosen)));
  const now = list.children[chosen];
  now?.scrollIntoView({ block: "nearest" });
  input.setAttribute("aria-activedescendant", now?.id ?? "");
}

function go(to: Element | null | undefined): void {
  const href = (to as HTMLElement | null | undefined)?.dataset["href"];
  if (href === undefined) return;
  document.querySelector<HTMLDialogElement>("#finder")?.close();
  location.href = href;
}
