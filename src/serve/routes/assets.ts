import type { Context } from "hono";
import { file } from "../answer.ts";
import type { Route } from "../route.ts";
import { addressOf } from "../shown.ts";
import type { Site } from "../site.ts";
import { eventStream } from "../stream.ts";

const forGood = { "cache-control": "public, max-age=31536000, immutable" };
/** Of the address of a page that is looked at. */
const longest = 4000;
const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#2f6f68"/><path d="M8 23h6v-6h6v-6h5" fill="none" stroke="#fff" stroke-width="3.4" stroke-linecap="round" stroke-linejoin="round"/></svg>`;

export const assetRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "/assets/client.js",
    summary: "the pages' script",
    answers: "file",
    handle: (site) => file(site.assets.script, "text/javascript; charset=utf-8", forGood),
  },
  {
    method: "GET",
    path: "/assets/style.css",
    summary: "the pages' style",
    answers: "file",
    handle: (site) => file(site.assets.style, "text/css; charset=utf-8", forGood),
  },
  {
    method: "GET",
    path: "/assets/icon.svg",
    summary: "the pages' icon",
    answers: "file",
    handle: () => file(icon, "image/svg+xml", forGood),
  },
  { method: "GET", path: "/events", summary: "what changes, as server-sent events", answers: "events", handle: events },
];

/** What changes on the page that somebody looks at; how far steps are and what they print comes along at once. */
function events(site: Site, context: Context): Response {
  const [address, state] = [context.req.query("page") ?? "", context.req.query("state") ?? ""];
  return eventStream(site, context, (send) => {
    const unwatch = site.live.watch((notice) => notice.type !== "change" && send(notice));
    const leave = address.startsWith("/") && address.length <= longest ? site.shown.watch(addressOf(address), state, send) : () => {};
    return () => {
      leave();
      unwatch();
    };
  });
}
