import type { Context } from "hono";
import { json } from "../answer.ts";
import type { ApiDescription, Route } from "../route.ts";
import type { Site } from "../site.ts";
import { refuseUnknown } from "./query.ts";
import { any } from "./schema.ts";

/** A route that reads: its answer is the JSON of what the function gives. */
export function get(path: string, summary: string, api: ApiDescription, read: (site: Site, context: Context) => unknown): Route {
  const handle = async (site: Site, context: Context) => {
    refuseUnknown(context, api.query);
    return json(await read(site, context));
  };
  return { method: "GET", path, summary, answers: "json", api, handle };
}

/** Of a route that nobody has described further. */
export const undescribed: ApiDescription = { answer: any };
