import { file, json } from "../answer.ts";
import type { Route } from "../route.ts";
import { contentType, expose, type Family } from "../health/exposition.ts";
import { type Health, healthOf } from "../health/health.ts";
import { readCounts, readGauges } from "../health/metrics.ts";
import { readinessOf } from "../health/ready.ts";
import type { Site } from "../site.ts";

/** For probes, which have no token: the guard lets them in, so nothing here may be a secret. */
export const healthRoutes: readonly Route[] = [
  { method: "GET", path: "/healthz", summary: "whether the schedule is kept: 200, or 503 and why", answers: "json", handle: healthz },
  { method: "GET", path: "/readyz", summary: "whether a run could start: 200, or 503 and why", answers: "json", handle: readyz },
  {
    method: "GET",
    path: "/metrics",
    summary: "runs, steps, slots and the outbox in Prometheus' text format",
    answers: "file",
    handle: (site) => file(metrics(site), contentType),
  },
];

function healthz(site: Site): Response {
  const health = check(site);
  return json(health, health.status === "healthy" ? 200 : 503);
}

function readyz({ project, duty }: Site): Response {
  const readiness = readinessOf(project, duty());
  return json(readiness, readiness.ready ? 200 : 503);
}

function check({ kept, project, duty }: Site): Health {
  try {
    return healthOf(kept.db, project, duty());
  } catch (error) {
    return { status: "unhealthy", reason: `.stepbook/state.db cannot be read: ${(error as Error).message}`, scheduler: null };
  }
}

const counts = new WeakMap<Site, { readonly version: unknown; readonly families: Family[] }>();

/** What is counted is counted anew only where somebody has written. */
function metrics(site: Site): string {
  const { db } = site.kept;
  const version = `${db.pragma("data_version", { simple: true })} ${db.prepare("SELECT total_changes()").pluck().get()}`;
  const known = counts.get(site);
  const families = known?.version === version ? known.families : readCounts(db);
  counts.set(site, { version, families });
  return expose([...families, ...readGauges(db, check(site), site.duty())]);
}
