import { html, type Html, join } from "../html.ts";

type Highlighter = {
  codeToTokensBase(
    code: string,
    options: { lang: string; theme: string; tokenizeTimeLimit: number; tokenizeMaxLineLength: number },
  ): { content: string; color?: string }[][];
};

let loading: Promise<Highlighter> | undefined;
const kept = new Map<string, readonly Html[]>();

/** Without WebAssembly and with one language, so that it is there in a moment. */
async function load(): Promise<Highlighter> {
  const [{ createHighlighterCore, createCssVariablesTheme }, { createJavaScriptRegexEngine }, typescript] = await Promise.all([
    import("shiki/core"),
    import("shiki/engine/javascript"),
    import("shiki/langs/typescript.mjs"),
  ]);
  const theme = createCssVariablesTheme({ name: "ours" });
  return createHighlighterCore({ themes: [theme], langs: [typescript.default], engine: createJavaScriptRegexEngine({ forgiving: true }) });
}

/** Code with highlighted words and line numbers. Colours are classes: styles inside pages are forbidden. */
export async function codeBlock(code: string, options: { readonly firstLine?: number; readonly marked?: number } = {}): Promise<Html> {
  const { firstLine = 1, marked } = options;
  const lines = await highlight(code);
  const rows = lines.map((line, index) => {
    const number = firstLine + index;
    return html`<span class="line${number === marked ? " marked" : ""}"><span class="number" aria-hidden="true">${number}</span>${line}\n</span>`;
  });
  return html`<pre class="code" tabindex="0"><code>${rows}</code></pre>`;
}

async function highlight(code: string): Promise<readonly Html[]> {
  const known = kept.get(code);
  if (known) return known;
  // A file of this size is looked at in an editor; its colours would cost seconds.
  const lines = code.length > 200_000 ? code.split("\n").map((line) => html`${line}`) : await tokens(code);
  if (kept.size > 300) kept.delete(kept.keys().next().value!);
  kept.set(code, lines);
  return lines;
}

async function tokens(code: string): Promise<Html[]> {
  loading ??= load();
  // By its own limit of 500 ms a line the colours would depend on how busy the machine is.
  const found = (await loading).codeToTokensBase(code, {
    lang: "typescript",
    theme: "ours",
    tokenizeTimeLimit: 0,
    tokenizeMaxLineLength: 3000,
  });
  return found.map((line) =>
    join(
      line.map(({ content, color }) => token(content, color)),
      "",
    ),
  );
}

function token(content: string, color: string | undefined): Html {
  const kind = /--shiki-token-([a-z-]+)/.exec(color ?? "")?.[1];
  return kind ? html`<span class="t-${kind}">${content}</span>` : html`${content}`;
}
