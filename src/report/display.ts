import type { MimeBundle } from "../model.ts";
import { cleanLine, cleanOutput } from "./clean.ts";
import type { Look } from "./look.ts";
import { markdownLines } from "./markdown.ts";
import { cut, wrap } from "./width.ts";

/** A display is shown up to this many lines; all of it is in the notebook. */
const mostLines = 40;

/** What a terminal can show of a MIME bundle. */
export function displayLines(bundle: MimeBundle, look: Look): string[] {
  const lines = allLines(bundle, look);
  if (lines.length <= mostLines) return lines;
  return [...lines.slice(0, mostLines - 1), look.colors.dim(cut(`… ${lines.length - mostLines + 1} more lines`, look.width))];
}

function allLines(bundle: MimeBundle, look: Look): string[] {
  const markdown = textOf(bundle["text/markdown"]);
  if (markdown !== undefined) return markdownLines(markdown, look);
  const plain = textOf(bundle["text/plain"]);
  if (plain === undefined) return [look.colors.dim(cut(`(${cleanLine(Object.keys(bundle).join(", ")) || "nothing"})`, look.width))];
  const lines = plain.trimEnd().split("\n").map((line) => cleanOutput(line, look.colors.isColorSupported));
  // More than one line is a table or a tree, which wrapping would break.
  return lines.length === 1 ? wrap(lines[0]!, look.width) : lines.map((line) => cut(line, look.width));
}

/** Notebooks write a text also as a list of lines. */
function textOf(content: unknown): string | undefined {
  if (typeof content === "string") return content;
  return Array.isArray(content) && content.every((line) => typeof line === "string") ? content.join("") : undefined;
}
