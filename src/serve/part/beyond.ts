import { countOf } from "../../report/format.ts";
import { html, type Html } from "../html.ts";

/** Where a page of a list begins after its end: an old address, or rows that are gone. */
export function beyond(total: number, word: string, newest: string): Html {
  return html`<p class="empty">The list ends after ${countOf(total, word)}. <a href="${newest}">The newest</a></p>`;
}
