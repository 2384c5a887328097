import type { Context } from "hono";
import { fail } from "../errors.ts";
import type { Schema } from "./api/schema.ts";
import type { Site } from "./site.ts";

/** What the OpenAPI document says of a route besides its address. */
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

/** One address of the server. The table of them is walked by the router, the OpenAPI document and the tests. */
export interface Route {
  readonly method: "GET" | "POST";
  /** With `:name` for what varies: ids, never paths. */
  readonly path: string;
  readonly summary: string;
  readonly answers: "page" | "part" | "json" | "file" | "events";
  /** What the OpenAPI document says further: of routes under /api. */
  readonly api?: ApiDescription;
  readonly handle: (site: Site, context: Context) => Response | Promise<Response>;
}

export const idShapes = {
  run: /^\d{8}-\d{6}-[0-9a-z]{1,12}$/,
  step: /^\d+_[A-Za-z0-9][A-Za-z0-9_.-]*$/,
  record: /^\d{1,15}$/,
  model: /^[A-Za-z0-9][A-Za-z0-9._-]*$/,
  schedule: /^[A-Za-z0-9][\w.-]*$/,
  version: /^\d{1,9}$/,
  index: /^\d{1,6}$/,
  /** Exports are looked up among those of a record: any name may be asked for. */
  name: /^[\s\S]{1,300}$/,
  mime: /^(?:svg|png|html|chart)$/,
} as const;

/** A part of the address, which must look as such an id does. @throws E_NOT_FOUND */
export function idOf(context: Context, kind: keyof typeof idShapes): string {
  const value = context.req.param(kind) ?? "";
  return idShapes[kind].test(value) && !value.includes("..") ? value : fail("E_NOT_FOUND", `there is no such ${kind}`);
}

export function wholeOf(text: string | undefined, standard: number, most: number): number {
  const value = Number(text ?? standard);
  return Number.isSafeInteger(value) && value >= 0 ? Math.min(value, most) : standard;
}
