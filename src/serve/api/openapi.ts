import { isApi } from "./problem.ts";
import { idShapes, type Route } from "../route.ts";
import { components } from "./components.ts";
import { undescribed } from "./describe.ts";
import { about, type Schema, text } from "./schema.ts";

const problem = {
  description: "what is wrong, and what to do about it",
  content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
};

/** The OpenAPI 3.1 document of the routes under /api: made of the very table that is answered. */
export function openApi(routes: readonly Route[], name: string): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes.filter(({ path }) => isApi(path)))
    (paths[addressOf(route.path)] ??= {})[route.method.toLowerCase()] = operation(route);
  return {
    openapi: "3.1.0",
    info: {
      title: `Stepbook: ${name}`,
      version: "1",
      summary: "all that the pages show, and their acts",
      description:
        "Reading needs no token on 127.0.0.1. An act (POST) needs the header x-stepbook-token, which is in .stepbook/ui-token, or the cookie that the printed address sets, and an Origin of this server.",
    },
    servers: [{ url: "/" }],
    paths,
    components: { schemas: components, securitySchemes: { token: { type: "apiKey", in: "header", name: "x-stepbook-token" } } },
  };
}

/** `/api/runs/:run` as OpenAPI writes it. */
export function addressOf(path: string): string {
  return path.replace(/:(\w+)/g, "{$1}");
}

function operation(route: Route): object {
  const { method, path, summary, api = undescribed } = route;
  const query = Object.entries(api.query ?? {}).map(([name, { description, ...schema }]) => ({
    name,
    in: "query",
    ...(description === undefined ? {} : { description }),
    schema,
  }));
  return {
    operationId: `${method.toLowerCase()}${path.replace(/[/:]+(\w)/g, (_, letter: string) => letter.toUpperCase()).replace(/\W/g, "")}`,
    summary,
    parameters: [...pathParameters(path), ...query],
    ...(method === "POST"
      ? {
          security: [{ token: [] }],
          requestBody: { required: true, content: { "application/json": { schema: api.body ?? { type: "object" } } } },
        }
      : {}),
    responses: {
      [String(api.status ?? 200)]: { description: summary, content: { [api.type ?? "application/json"]: { schema: api.answer } } },
      "4XX": problem,
      "5XX": problem,
    },
  };
}

const words: Readonly<Record<string, string>> = {
  run: "a run's id",
  step: "a step's id",
  record: "a record's number",
  model: "a model's name",
  version: "its version",
  index: "its place, from 0",
  name: "an export's name",
  schedule: "a schedule's name",
};

function pathParameters(path: string): object[] {
  return [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: shapeOf(name!),
    ...(words[name!] ? { description: words[name!] } : {}),
  }));
}

function shapeOf(name: string): Schema {
  const shape = idShapes[name as keyof typeof idShapes] as RegExp | undefined;
  return shape ? { ...text, pattern: shape.source } : about(name, text);
}
