/**
 * Names, logs and messages are hostile text: what a terminal would obey is taken out before it is shown. Colours
 * (SGR) may stay; titles, links, the clipboard, cursor moves, bells and the reversal of direction do not.
 */

// One pass over whole sequences and single control characters: what is taken out cannot join what is left into a new sequence.
const commands = new RegExp(
  [
    "(?:\\x1b\\[|\\x9b)[0-?]*[ -/]*[@-~]", // CSI: cursor, erase, colours
    "(?:\\x1b[\\]PX^_]|[\\x9d\\x90\\x98\\x9e\\x9f])(?:[^\\x07\\x1b\\x90\\x98\\x9c-\\x9f]*(?:\\x07|\\x1b\\\\|\\x9c))?", // OSC, DCS, SOS, PM, APC
    "\\x1b[ -/]*[0-~]", // any other escape
    "[\\x00-\\x1f\\x7f-\\x9f]", // control characters
    "[\\u061c\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069\\u2028\\u2029]", // direction, line separators
  ].join("|"),
  "g",
);
const color = /^\x1b\[[0-9;:]*m$/;
const reset = "\x1b[0m";

/** One line: line breaks become spaces. */
export function cleanLine(text: string): string {
  return strip(text.replace(/[\r\n\u2028\u2029\t]+/g, " "), false).trim();
}

/** Lines of a message. */
export function cleanLines(text: string): string[] {
  return text.split(/\r\n|[\n\u2028\u2029]/).map((line) => strip(expandTabs(line), false).trimEnd());
}

/** A line that a step printed; its colours are kept on request, and end with it. */
export function cleanOutput(line: string, colors: boolean): string {
  const text = strip(expandTabs(lastFrame(line)), colors).trimEnd();
  return text.includes("\x1b") && !text.endsWith(reset) ? `${text}${reset}` : text;
}

function strip(text: string, colors: boolean): string {
  return text.replace(commands, (found) => (colors && color.test(found) ? found : ""));
}

/** A bar that was redrawn by carriage returns: what a terminal would show in the end. */
function lastFrame(line: string): string {
  return line.split("\r").findLast((frame) => frame.trim() !== "") ?? "";
}

function expandTabs(line: string): string {
  if (!line.includes("\t")) return line;
  let text = "";
  for (const part of line.split(/(\t)/)) text += part === "\t" ? " ".repeat(8 - (text.length % 8)) : part;
  return text;
}
