import type { LaidOut } from "../answer.ts";
import { html } from "../html.ts";
import type { Site } from "../site.ts";
import { layout } from "./layout.ts";

/** A page that says one thing. */
export function messagePage(site: Site, title: string, message: string, remedy?: string): LaidOut {
  return layout(site, {
    title,
    at: "",
    main: html`<h1>${title}</h1><p>${message}</p>${remedy && html`<p class="remedy">→ ${remedy}</p>`}<p><a href="/">To the notebook</a></p>`,
  });
}
