import type { MimeBundle } from "../model.ts";
import { cleanLine, cleanOutput } from "./clean.ts";
import { markdownLines } from "./markdown.ts";
import type { Style } from "./style.ts";
import { cut, wrap } from "./width.ts";

/** A display is shown up to this many lines; all of it is in the notebook. */
const mostLines = 40;

/** What a terminal can show of a MIME bundle. */
export function displayLines(bundle: MimeBundle, style: Style): string[] {
  const lines = allLines(bundle, style);
  if (lines.length <= mostLines) return lines;
  return [...lines.slice(0, mostLines - 1), style.colors.dim(cut(`… ${lines.length - mostLines + 1} more lines`, style.width))];
}

function allLines(bundle: MimeBundle, style: Style): string[] {
  const markdown = textOf(bundle["text/markdown"]);
  if (markdown !== undefined) return markdownLines(markdown, style);
  const plain = textOf(bundle["text/plain"]);
  if (plain === undefined) return [style.colors.dim(cut(`(${cleanLine(Object.keys(bundle).join(", ")) || "nothing"})`, style.width))];
  const lines = plain
    .trimEnd()
    .split("\n")
    .map((line) => cleanOutput(line, style.colors.isColorSupported));
  // More than one line is a table or a tree, which wrapping would break.
  return lines.length === 1 ? wrap(lines[0]!, style.width) : lines.map((line) => cut(line, style.width));
}

/** Notebooks write a text also as a list of lines. */
function textOf(content: unknown): string | undefined {
  if (typeof content === "string") return content;
  return Array.isArray(content) && content.every((line) => typeof line === "string") ? content.join("") : undefined;
}
