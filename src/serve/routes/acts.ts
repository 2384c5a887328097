import type { Context } from "hono";
import { fail } from "../../errors.ts";
import { readWish } from "../acts.ts";
import { json, type Route } from "../route.ts";

export const actRoutes: readonly Route[] = [
  { method: "POST", path: "/api/runs", summary: "starts a run", answers: "json", handle: async (site, context) => json({ run: await site.acts.start(readWish(await bodyOf(context))) }, 202) },
  {
    method: "POST", path: "/api/runs/current/cancel", summary: "ends the run of this server", answers: "json",
    handle: (site) => {
      site.acts.cancel();
      return json({ cancelled: true }, 202);
    },
  },
];

async function bodyOf(context: Context): Promise<unknown> {
  try {
    return await context.req.json();
  } catch {
    return fail("E_USAGE", "the body is no JSON");
  }
}
