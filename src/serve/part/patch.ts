import { html, type Html } from "../html.ts";

const kinds: Readonly<Record<string, string>> = { "+": "plus", "-": "minus", "@": "at" };

/** A unified diff, coloured by classes; its lines have words for those who do not see colours: their own signs. */
export function patchPart(patch: string): Html {
  const lines = patch
    .trimEnd()
    .split("\n")
    .filter((line) => !/^(?:---|\+\+\+) /.test(line));
  return html`<pre class="text patch scroll" tabindex="0">${lines.map((line) => html`<span class="${kinds[line[0] ?? ""] ?? "same"}">${line}</span>\n`)}</pre>`;
}
