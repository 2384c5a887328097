import { element } from "./element.ts";
import { setSingleKeys, singleKeys } from "./single-keys.ts";

const keys = [
  ["/ or Ctrl K", "find steps, runs, models"],
  ["?", "these keys"],
  ["j, k", "next step, step before"],
  ["o", "the step's code, open or shut"],
  ["n", "notebook"],
  ["g", "graph"],
  ["r", "runs"],
  ["e", "experiments"],
  ["m", "models"],
  ["s", "schedule"],
  ["Esc", "close"],
] as const;

/** The keys that do something, and the switch of those that do it alone. */
export function openKeys(): void {
  if (document.querySelector("dialog[open]")) return;
  const dialog = element("dialog", { id: "keys", "aria-label": "Keys", tabindex: "-1" });
  const list = element("dl", {});
  for (const [key, what] of keys) {
    const line = element("div", {});
    line.append(element("dt", {}), element("dd", {}, what));
    line.firstElementChild!.append(element("kbd", {}, key));
    list.append(line);
  }
  const [label, box] = [element("label", { class: "check" }), element("input", { type: "checkbox" })];
  box.checked = singleKeys();
  box.addEventListener("change", () => setSingleKeys(box.checked));
  label.append(box, " Keys pressed alone work");
  dialog.append(element("h2", {}, "Keys"), list, label);
  dialog.addEventListener("click", ({ target }) => target === dialog && dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
