import { Hono } from "hono";
import { toFailure } from "../errors.ts";
import { page } from "./answer.ts";
import { messagePage } from "./page/message.ts";
import { isApi, problem, problemAnswer, problemText, statusOf } from "./api/problem.ts";
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
  app.notFound(({ req: { method, path } }) => {
    const allow = ["GET", "POST"].filter((other) => other !== method && app.router.match(other, path)[0].length > 0).map(asAllowed);
    if (allow.length > 0) return wrongMethod(method, allow.join(", "));
    return isApi(path)
      ? problem({ code: "E_NOT_FOUND", message: "there is no such address", remedy: "/api/openapi.json lists them" })
      : page(messagePage(site, "Not found", "There is no such page."), 404);
  });
  app.onError((error, context) => {
    const failure = toFailure(error);
    if (isApi(context.req.path)) return problem(failure);
    const [status, { message, remedy }] = [statusOf(failure), failure];
    return page(messagePage(site, status === 404 ? "Not found" : "That did not work", message, remedy), status);
  });
  site.shown.askBy((address) => app.request(address));
  return app;
}

/** What answers GET answers HEAD, too. */
function asAllowed(method: string): string {
  return method === "GET" ? "GET, HEAD" : method;
}

/** To pages, too: a browser does not come here by itself. */
function wrongMethod(method: string, allow: string): Response {
  return problemAnswer(405, problemText(405, `this address does not answer ${method}`, { remedy: `ask by ${allow}` }), { allow });
}
