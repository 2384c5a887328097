const words: Readonly<Record<string, string>> = {
  running: "A run goes on.",
  succeeded: "The run has succeeded.",
  failed: "The run has failed.",
  cancelled: "The run was cancelled.",
  interrupted: "The run was interrupted.",
};

/** Who cannot see the page hears how its run begins and ends; what each step does would be too much to listen to. */
export function startNews(): void {
  let known = stateNow();
  addEventListener("stepbook:changed", () => {
    const now = stateNow();
    const news = document.getElementById("news");
    if (now !== known && news) news.textContent = words[now?.split(" ")[1] ?? ""] ?? "";
    known = now;
  });
}

function stateNow(): string | undefined {
  return document.getElementById("run-head")?.dataset["state"];
}
