import { json } from "../answer.ts";
import type { Route } from "../route.ts";
import { liveApi } from "./live.ts";
import { openApi } from "./openapi.ts";
import { recordApi } from "./records.ts";
import { resultApi } from "./results.ts";
import { runApi } from "./runs.ts";
import { any, map } from "./schema.ts";
import { stepApi } from "./steps.ts";

/** All that the pages show, as JSON. @param others the acts, which the document tells of too */
export function apiRoutes(others: readonly Route[]): readonly Route[] {
  const routes: Route[] = [...stepApi, ...runApi, ...recordApi, ...resultApi, ...liveApi];
  routes.push({
    method: "GET",
    path: "/api/openapi.json",
    summary: "this document",
    answers: "json",
    api: { answer: map(any) },
    handle: (site) => json(openApi([...routes, ...others], site.name)),
  });
  return routes;
}
