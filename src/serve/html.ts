/** Text that is HTML already. Only `html` and `trusted` make it, so that all else is escaped. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  toString(): string {
    return this.text;
  }
}

export type Piece = Html | string | number | bigint | null | undefined | false | readonly Piece[];

/** HTML with holes: what is put into them is escaped unless it is Html. The only way from data to a page. */
export function html(strings: TemplateStringsArray, ...pieces: readonly Piece[]): Html {
  return new Html(strings.map((text, index) => text + (index < pieces.length ? render(pieces[index]) : "")).join(""));
}

/** For text that was made safe elsewhere: by the highlighter, the Markdown renderer, the SVG drawings. */
export function trusted(text: string): Html {
  return new Html(text);
}

export function join(pieces: readonly Piece[], between: string): Html {
  return new Html(pieces.map(render).join(escapeHtml(between)));
}

function render(piece: Piece): string {
  if (piece === null || piece === undefined || piece === false) return "";
  if (piece instanceof Html) return piece.text;
  if (Array.isArray(piece)) return (piece as readonly Piece[]).map(render).join("");
  return escapeHtml(String(piece));
}

/** Most text has nothing of this in it, and a grid has thousands of texts. */
const special = /[&<>"'`\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/;
const direction = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** For text and for quoted attributes. What turns the direction of text around is taken out: it lies to the eye. */
export function escapeHtml(text: string): string {
  if (!special.test(text)) return text;
  return text.replace(direction, "").replace(/[&<>"'`]/g, (found) => `&#${found.charCodeAt(0)};`);
}
