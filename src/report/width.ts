/**
 * Text measured in terminal columns. Text is clean here: it holds no control characters and no sequences but colours.
 * Where terminals disagree (joined emoji, flags) the larger width is taken: a line cut early is better than one that wraps.
 */
const unit = /\x1b\[[0-9;:]*m|[\s\S]/gu;
const ascii = /^[\x20-\x7e]*$/;
const ellipsis = "…";
const reset = "\x1b[0m";

/** Made when text is measured that is not all ASCII: V8 builds its sets of characters then, in a millisecond or two. */
const classes = () =>
  (made ??= {
    nothing: /^(?:\p{Mn}|\p{Me}|\p{Cf})$/u,
    wide: /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Bopomofo}\p{Script=Yi}\p{Script=Tangut}\p{Script=Nushu}\p{Script=Khitan_Small_Script}\p{Emoji_Presentation}\u2329\u232a\u2630-\u2637\u268a-\u268f\u2ff0-\u303e\u3099-\u30ff\u3190-\u33ff\u4dc0-\u4dff\ua960-\ua97f\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{16fe0}-\u{1b2ff}\u{1d300}-\u{1d37f}\u{1f000}-\u{1faff}\u{20000}-\u{3ffff}]$/u,
  });
let made: { readonly nothing: RegExp; readonly wide: RegExp } | undefined;

function unitWidth(text: string): number {
  if (text.length === 1 && text >= " " && text <= "~") return 1;
  if (text.startsWith("\x1b")) return 0;
  if (text === "\ufe0f") return 1; // makes the character before it an emoji, and wide
  const { nothing, wide } = classes();
  if (wide.test(text)) return 2;
  return nothing.test(text) ? 0 : 1;
}

export function displayWidth(text: string): number {
  if (ascii.test(text)) return text.length;
  let width = 0;
  for (const [each] of text.matchAll(unit)) width += unitWidth(each);
  return width;
}

/** The longest beginning that fits. */
function beginning(text: string, width: number): string {
  if (width === Infinity || ascii.test(text.slice(0, Math.max(0, width) + 1))) return text.slice(0, Math.max(0, width));
  let used = 0;
  let end = 0;
  for (const [each] of text.matchAll(unit)) {
    used += unitWidth(each);
    if (used > width) break;
    end += each.length;
  }
  return text.slice(0, end);
}

/** Columns that the widest of these texts takes; of as many as there are, which arguments of a call may not be. */
export function widthOfAll(texts: readonly string[]): number {
  return texts.reduce((most, text) => Math.max(most, displayWidth(text)), 0);
}

/** At most `width` columns; what is left out is told by `…`. */
export function cut(text: string, width: number): string {
  if (beginning(text, width).length === text.length) return text;
  if (width < 1) return "";
  const kept = beginning(text, width - 1).replace(/[\s…]+$/, "");
  return `${kept}${ellipsis}${kept.includes("\x1b") ? reset : ""}`;
}

/** Cut or filled to exactly `width` columns. */
export function fill(text: string, width: number, align: "left" | "right" = "left"): string {
  const fitting = cut(text, width);
  const space = " ".repeat(Math.max(0, width - displayWidth(fitting)));
  return align === "left" ? fitting + space : space + fitting;
}

/** Rows of at most `width` columns, broken at spaces where there are some; `most` of them, the last one cut. */
export function wrap(text: string, width: number, most = Infinity): string[] {
  const rows: string[] = [];
  const room = Math.max(2, width);
  let rest = text;
  for (;;) {
    const head = beginning(rest, room);
    if (head.length === rest.length) return [...rows, rest];
    if (rows.length + 1 >= most) return [...rows, cut(rest, room)];
    const space = rest[head.length] === " " ? head.length : head.lastIndexOf(" ");
    const end = space > head.length / 3 ? space : head.length;
    const row = rest.slice(0, end).trimEnd();
    const open = openColors(row);
    rows.push(open === "" ? row : `${row}${reset}`);
    rest = open + rest.slice(end).trimStart();
  }
}

/** Colours that are still on at the end of the row. */
function openColors(row: string): string {
  if (!row.includes("\x1b")) return "";
  const codes = row.match(/\x1b\[[0-9;:]*m/g) ?? [];
  const last = codes.findLastIndex((code) => code === reset || code === "\x1b[m");
  return codes
    .slice(last + 1)
    .slice(-4)
    .join("");
}
