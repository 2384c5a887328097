/** Why the server would not. */
export interface Problem {
  readonly detail?: string;
  readonly remedy?: string;
  readonly param?: string;
}

export function wordsOf({ detail, remedy }: Problem): string {
  return [detail, remedy].filter(Boolean).join(": ");
}

export function say(text: string): void {
  const toast = document.getElementById("toast");
  if (toast) toast.textContent = text;
  setTimeout(() => toast?.textContent === text && toast.replaceChildren(), 8000);
}

/**
 * Tells it beside the field that it is about, which keeps what was typed and gets the focus, so that it is heard too.
 * @returns whether there is such a field
 */
export function sayBeside(form: HTMLFormElement, { param = "", detail = "" }: Problem): boolean {
  const field = form.querySelector<HTMLElement>(`[data-param="${CSS.escape(param)}"]`);
  const words = field && document.getElementById(`${field.id}-refused`);
  if (!field || !words) return false;
  words.textContent = detail;
  words.hidden = false;
  field.setAttribute("aria-invalid", "true");
  field.focus();
  return true;
}

export function clearRefusals(form: HTMLFormElement): void {
  for (const field of form.querySelectorAll("[aria-invalid]")) field.removeAttribute("aria-invalid");
  for (const words of form.querySelectorAll<HTMLElement>(".refused")) words.hidden = true;
}
