/** What a form or a button asks the server to do. Only our own pages know the token. */
export function startActs(): void {
  document.addEventListener("submit", (event) => {
    const form = event.target as HTMLFormElement;
    if (!form.matches("form[data-run]")) return;
    event.preventDefault();
    void run(form);
  });
  document.addEventListener("click", ({ target }) => {
    const button = (target as Element).closest<HTMLButtonElement>("[data-act]");
    if (button?.dataset["act"] === "cancel") void act("/api/runs/current/cancel", {}, button);
  });
}

async function run(form: HTMLFormElement): Promise<void> {
  const params: Record<string, string> = {};
  for (const field of form.querySelectorAll<HTMLInputElement | HTMLSelectElement>("[data-param]")) {
    // What was left at its default is not set: a default that is changed later then holds.
    if (field.value !== field.dataset["default"]) params[field.dataset["param"]!] = field.value;
  }
  const step = form.querySelector<HTMLSelectElement>("[name=step]")?.value ?? "";
  const force = form.querySelector<HTMLInputElement>("[name=force]")?.checked === true;
  const answer = await act("/api/runs", { params, steps: step === "" ? [] : [step], force }, form.querySelector("button"));
  if (answer) location.href = "/";
}

async function act(address: string, body: unknown, button: HTMLButtonElement | null): Promise<unknown> {
  const token = document.querySelector<HTMLMetaElement>("meta[name=stepbook-token]")?.content ?? "";
  if (button) button.disabled = true;
  try {
    const answer = await fetch(address, { method: "POST", headers: { "content-type": "application/json", "x-stepbook-token": token }, body: JSON.stringify(body) });
    const content = (await answer.json().catch(() => ({ message: answer.statusText }))) as { message?: string; remedy?: string };
    if (answer.ok) return content;
    say([content.message, content.remedy].filter(Boolean).join(": "));
  } catch {
    say("the server does not answer");
  }
  if (button) button.disabled = false;
  return undefined;
}

function say(text: string): void {
  const toast = document.getElementById("toast");
  if (toast) toast.textContent = text;
  setTimeout(() => toast?.textContent === text && toast.replaceChildren(), 8000);
}
