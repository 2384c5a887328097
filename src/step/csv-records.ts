/** A record of a CSV text: its fields without quotes, and the line it starts on (1-based). */
export interface CsvRecord {
  readonly line: number;
  readonly fields: readonly string[];
}

/** The records of a text, by RFC 4180: quotes are doubled inside quotes, blank lines are passed over. */
export function* records(text: string, delimiter: string): Generator<CsvRecord, void, undefined> {
  let at = text.startsWith("\ufeff") ? 1 : 0;
  let line = 1;
  while (at < text.length) {
    const start = line;
    const fields: string[] = [];
    let ended = false;
    while (!ended) {
      const quoted = text[at] === '"';
      const end = quoted ? closingQuote(text, at) : at;
      const stop = nextStop(text, end, delimiter);
      const raw = text.slice(at, stop);
      fields.push(quoted ? raw.slice(1, end - at).replaceAll('""', '"') + text.slice(end + 1, stop) : raw);
      line += quoted ? countLineEnds(raw) : 0;
      ended = text[stop] !== delimiter;
      at = stop + 1;
      if (ended && text[stop] === "\r" && text[stop + 1] === "\n") at++;
    }
    line++;
    if (fields.length > 1 || fields[0] !== "") yield { line: start, fields };
  }
}

/** Index of the quote that ends the field which starts at `at`; the text's end where there is none. */
function closingQuote(text: string, at: number): number {
  let index = at + 1;
  for (;;) {
    index = text.indexOf('"', index);
    if (index < 0) return text.length;
    if (text[index + 1] !== '"') return index;
    index += 2;
  }
}

function nextStop(text: string, from: number, delimiter: string): number {
  for (let index = from; index < text.length; index++) {
    const character = text[index];
    if (character === delimiter || character === "\n" || character === "\r") return index;
  }
  return text.length;
}

function countLineEnds(text: string): number {
  return text.match(/\r\n|\n|\r/g)?.length ?? 0;
}
