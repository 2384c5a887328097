import type { Rendered } from "./render.ts";
import type { Token } from "./sqltext.ts";

const fileFunction = /^(READ_\w+|PARQUET_\w+|GLOB|SNIFF_CSV)$/;

/** Give no rows for a file that is not there. */
const lenient = /^(GLOB|READ_TEXT|READ_BLOB)$/;

/** A name that stands in SQL where files are named. */
export interface Named {
  readonly name: string;
  /** In `glob('…')`, which opens no file, or where one that is missing is no error. */
  readonly listed?: boolean;
}

export function* namedFiles(code: readonly Token[], params: Rendered["params"], anyString: boolean): Generator<Named> {
  /** For each open parenthesis inside read_csv(…): whether it is a function's. */
  const inside: boolean[] = [];
  let listed = false;
  for (const [index, token] of code.entries()) {
    const before = code[index - 1];
    if (inside.length > 0) {
      if (token.text === "(" && token.kind === "symbol") inside.push(before?.kind === "word");
      if (token.text === ")" && token.kind === "symbol") inside.pop();
      // Of what a function is given it makes a name: `concat('data/', …)`.
      if (inside.includes(true, 1)) continue;
      if (token.kind === "string") yield { name: token.text, listed };
      if (token.kind === "symbol" && token.text.startsWith("$"))
        for (const name of texts(params[Number(token.text.slice(1)) - 1]?.value)) yield { name, listed };
    } else if (token.kind === "symbol" && token.text === "(" && before?.kind === "word" && fileFunction.test(before.text)) {
      inside.push(true);
      listed = lenient.test(before.text);
    } else if (token.kind === "string" || token.kind === "identifier") {
      if ((anyString && token.kind === "string") || (before?.kind === "word" && /^(FROM|JOIN)$/.test(before.text)))
        yield { name: token.text };
    }
  }
}

function texts(value: unknown): string[] {
  return (Array.isArray(value) ? value : [value]).filter((each): each is string => typeof each === "string");
}

/** The folders that `COPY … TO 'folder' (PARTITION_BY (…), OVERWRITE)` removes first, with all that lies in them. */
export function overwrittenFolders(code: readonly Token[], params: Rendered["params"]): string[] {
  return code.flatMap(({ kind, text: word }, index) => {
    if (kind !== "word" || word !== "OVERWRITE" || /^(FALSE|0)$/i.test(code[index + 1]?.text ?? "")) return [];
    const to = code.findLastIndex((token, at) => at < index && token.kind === "word" && token.text === "TO");
    const target = code[to + 1];
    if (to < 0 || target === undefined) return [];
    if (target.kind === "string") return [target.text];
    return target.text.startsWith("$") ? texts(params[Number(target.text.slice(1)) - 1]?.value) : [];
  });
}

/** The function that is given a name which SQL makes, and may open no file, by which that would be told. */
export function lenientOfComputedName(code: readonly Token[]): string | undefined {
  const found = code.find(({ kind, text: word }, index) => {
    const before = code[index - 1];
    const isTable = before !== undefined && /^(FROM|JOIN|LATERAL|,|\()$/.test(before.text) && before.kind !== "string";
    if (kind !== "word" || !lenient.test(word) || !isTable || code[index + 1]?.text !== "(") return false;
    const end = code.findIndex(({ kind, text }, at) => at > index + 1 && kind === "symbol" && text === ")");
    const given = code.slice(index + 2, end < 0 ? undefined : end);
    return !given.every(({ kind, text }) => kind === "string" || (kind === "symbol" && /^(\$\d+|[[\],])$/.test(text)));
  });
  return found?.text.toLowerCase();
}
