import { Hono } from "hono";
import { toFailure } from "../errors.ts";
import { page } from "./answer.ts";
import { messagePage } from "./page/message.ts";
import { isApi, problem, statusOf } from "./api/problem.ts";
import { routes } from "./routes/all.ts";
import { addressOf } from "./shown.ts";
import type { Site } from "./site.ts";

/** The routes as one handler. Nothing is answered that is not in their table. */
export function makeApp(site: Site): Hono {
  const app = new Hono();
  for (const { method, path, answers, handle } of routes) {
    app.on(method, path, (context) =>
      method === "GET" && answers === "page"
        ? site.shown.get(addressOf(context.req.url), () => handle(site, context))
        : handle(site, context),
    );
  }
  app.notFound((context) =>
    isApi(context.req.path)
      ? problem({ code: "E_NOT_FOUND", message: "there is no such address", remedy: "/api/openapi.json lists them" })
      : page(messagePage(site, "Not found", "There is no such page."), 404),
  );
  app.onError((error, context) => {
    const failure = toFailure(error);
    if (isApi(context.req.path)) return problem(failure);
    const [status, { message, remedy }] = [statusOf(failure), failure];
    return page(messagePage(site, status === 404 ? "Not found" : "That did not work", message, remedy), status);
  });
  site.shown.askBy((address) => app.request(address));
  return app;
}
