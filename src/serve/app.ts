import { Hono } from "hono";
import { toFailure } from "../errors.ts";
import { makeOnce } from "./once.ts";
import { messagePage } from "./page/message.ts";
import { json, page } from "./route.ts";
import { routes } from "./routes/all.ts";
import type { Site } from "./site.ts";

/** The routes as one handler. Nothing is answered that is not in their table. */
export function makeApp(site: Site): Hono {
  const app = new Hono();
  const once = makeOnce(site);
  for (const { method, path, answers, handle } of routes) {
    app.on(method, path, (context) => (method === "GET" && answers === "page" ? once(context.req.url, () => handle(site, context)) : handle(site, context)));
  }
  app.notFound((context) => (context.req.path.startsWith("/api/") ? json({ code: "E_NOT_FOUND", message: "there is no such address" }, 404) : page(messagePage(site, "Not found", "There is no such page."), 404)));
  app.onError((error, context) => {
    const failure = toFailure(error);
    const status = failure.code === "E_NOT_FOUND" ? 404 : failure.code === "E_LOCKED" ? 409 : failure.code === "E_INTERNAL" ? 500 : 400;
    const { code, message, remedy, place } = failure;
    if (context.req.path.startsWith("/api/")) return json({ code, message, ...(remedy ? { remedy } : {}), ...(place ? { place } : {}) }, status);
    return page(messagePage(site, status === 404 ? "Not found" : "That did not work", message, remedy), status);
  });
  return app;
}
