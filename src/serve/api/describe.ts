import type { Context } from "hono";
import { json } from "../answer.ts";
import type { ApiDescription, Route } from "../route.ts";
import type { Site } from "../site.ts";
import { any } from "./schema.ts";

/** A route that reads: its answer is the JSON of what the function gives. */
export function get(path: string, summary: string, api: ApiDescription, read: (site: Site, context: Context) => unknown): Route {
  return { method: "GET", path, summary, answers: "json", api, handle: async (site, context) => json(await read(site, context)) };
}

/** Of a route that nobody has described further. */
export const undescribed: ApiDescription = { answer: any };
