import { clearRefusals, type Problem, say, sayBeside, wordsOf } from "./refusals.ts";

/** What a form or a button asks the server to do. */
export function startActs(): void {
  document.addEventListener("submit", (event) => {
    const form = event.target as HTMLFormElement;
    const submitted = form.matches("form[data-run]")
      ? run
      : form.matches("form[data-alias]")
        ? alias
        : form.matches("form[data-predict]")
          ? predict
          : undefined;
    if (!submitted) return;
    event.preventDefault();
    if (!isHeld(form.querySelector("button"))) void submitted(form);
  });
  document.addEventListener("click", ({ target }) => {
    const button = (target as Element).closest<HTMLButtonElement>("[data-act]");
    if (!button || isHeld(button)) return;
    const { act: kind, model = "", alias: name = "", version } = button.dataset;
    if (kind === "run") void again(button);
    if (kind === "cancel") void cancel(button);
    if (kind === "pause" || kind === "resume") void act(`/api/schedules/${button.dataset["schedule"]}/${kind}`, {}, button);
    if (kind === "backfill") void backfill(button);
    if (kind === "alias")
      void act(`/api/models/${model}/aliases`, { alias: name, version: version === undefined ? null : Number(version) }, button);
  });
}

async function run(form: HTMLFormElement): Promise<void> {
  const params: Record<string, string> = {};
  for (const field of form.querySelectorAll<HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement>("[data-param]")) {
    // What was left at its default is not set: a default that is changed later then holds.
    if (field.value !== field.dataset["default"]?.replaceAll("\r\n", "\n")) params[field.dataset["param"]!] = field.value;
  }
  const step = form.querySelector<HTMLSelectElement>("[name=step]")?.value ?? "";
  const force = form.querySelector<HTMLInputElement>("[name=force]")?.checked === true;
  clearRefusals(form);
  const told = (problem: Problem) => sayBeside(form, problem) || say(wordsOf(problem));
  const wish = { params, steps: step === "" ? [] : [step], force };
  if (await act("/api/runs", wish, form.querySelector("button"), { told })) location.href = "/";
}

async function again(button: HTMLButtonElement): Promise<void> {
  if (!(await act("/api/runs", JSON.parse(button.dataset["wish"]!), button))) return;
  if (location.pathname !== "/") location.href = "/";
}

async function cancel(button: HTMLButtonElement): Promise<void> {
  if (await act("/api/runs/current/cancel", {}, button)) say("The run is told to end. Cancel again ends it at once.");
}

async function backfill(button: HTMLButtonElement): Promise<void> {
  const { schedule, from, to } = button.dataset;
  if (await act("/api/backfills", { schedule, from, to }, button)) location.href = "/schedule";
}

async function alias(form: HTMLFormElement): Promise<void> {
  const input = form.querySelector("input")!;
  const { model = "", version } = form.dataset;
  const button = form.querySelector("button");
  if (await act(`/api/models/${model}/aliases`, { alias: input.value, version: Number(version) }, button)) input.value = "";
}

async function predict(form: HTMLFormElement): Promise<void> {
  const row = Object.fromEntries(
    [...form.querySelectorAll<HTMLInputElement | HTMLSelectElement>("[data-input]")].map((field) => [field.dataset["input"]!, field.value]),
  );
  const button = form.querySelector("button")!;
  const answer = await act(form.dataset["predict"]!, { row }, button, { accept: "text/html" });
  const output = form.querySelector("output");
  if (typeof answer === "string" && output) output.replaceChildren(...new DOMParser().parseFromString(answer, "text/html").body.childNodes);
}

/** While the server is asked; not by `disabled`, which takes the focus from who works by the keyboard. */
function hold(button: HTMLButtonElement | null, on: boolean): void {
  if (on) button?.setAttribute("aria-disabled", "true");
  else button?.removeAttribute("aria-disabled");
}

function isHeld(button: HTMLButtonElement | null): boolean {
  return button?.getAttribute("aria-disabled") === "true";
}

interface How {
  readonly accept?: string;
  /** Where it is told what is wrong. */
  readonly told?: (problem: Problem) => void;
}

async function act(
  address: string,
  body: unknown,
  button: HTMLButtonElement | null,
  { accept = "application/json", told = (problem) => say(wordsOf(problem)) }: How = {},
): Promise<unknown> {
  hold(button, true);
  try {
    const answer = await fetch(address, {
      method: "POST",
      headers: { accept, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    if (answer.ok && accept === "text/html") return await answer.text();
    const content = (await answer.json().catch(() => ({ detail: answer.statusText }))) as Problem;
    if (answer.ok) return content;
    told(content);
  } catch {
    say("the server does not answer");
  } finally {
    hold(button, false);
  }
  return undefined;
}
