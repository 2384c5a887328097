import type { Context } from "hono";
import { json, type Route } from "../route.ts";
import type { Site } from "../site.ts";
import { any, type Schema } from "./schema.ts";

/** What the document says of a route besides its address. */
export interface ApiDescription {
  /** Name → schema, each with a description. */
  readonly query?: Readonly<Record<string, Schema>>;
  readonly body?: Schema;
  readonly answer: Schema;
  /** Where it is not 200. */
  readonly status?: number;
  /** Where it is not JSON. */
  readonly type?: string;
}

/** A route that reads: its answer is the JSON of what the function gives. */
export function get(path: string, summary: string, api: ApiDescription, read: (site: Site, context: Context) => unknown): Route {
  return { method: "GET", path, summary, answers: "json", api, handle: async (site, context) => json(await read(site, context)) };
}

/** Of a route that nobody has described further. */
export const undescribed: ApiDescription = { answer: any };
