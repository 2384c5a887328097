import type { Sink } from "./sink.ts";

const up = (lines: number) => `\x1b[${lines}A\x1b[G`;
const eraseLine = "\x1b[2K";
const eraseBelow = "\x1b[J";
/** What is written in between is shown at once, by terminals that know of it. */
const together = (text: string) => `\x1b[?2026h${text}\x1b[?2026l`;

/**
 * Lines at the end of the screen, drawn over where they stand. They are cut to its width already. A library would measure them
 * once more: its tables of characters hold the loop for 35 ms when they are loaded and as long again at the first drawing,
 * and a Ctrl-C in these is answered by tsx with SIGKILL (docs/decisions/308). The cursor stays: a killed runner could not bring it back.
 */
export class Area {
  readonly #sink: Sink;
  #shown: readonly string[] = [];

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  draw(lines: readonly string[]): void {
    if (lines.length === 0) return this.clear();
    const same = lines.length === this.#shown.length && lines.every((line, i) => line === this.#shown[i]);
    if (same) return;
    this.#sink.write(together(`${this.#toTop()}${lines.map((line) => `${eraseLine}${line}\n`).join("")}${eraseBelow}`));
    this.#shown = lines;
  }

  clear(): void {
    if (this.#shown.length > 0) this.#sink.write(together(`${this.#toTop()}${eraseBelow}`));
    this.#shown = [];
  }

  #toTop(): string {
    return this.#shown.length > 0 ? up(this.#shown.length) : "";
  }
}
