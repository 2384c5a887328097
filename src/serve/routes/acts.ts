import type { Context } from "hono";
import { moveAlias } from "../../command/models.ts";
import { plain } from "../../command/plain.ts";
import { predictOnce } from "../../command/predict.ts";
import { findSchedule } from "../../command/schedules.ts";
import { fail } from "../../errors.ts";
import { pause, resume } from "../../schedule/rest.ts";
import { about, any, flag, list, map, object, orNull, text, whole } from "../api/schema.ts";
import { fragment, json } from "../answer.ts";
import { answerPart } from "../part/answer.ts";
import { idOf, idShapes, type Route } from "../route.ts";
import type { Site } from "../site.ts";
import { readWish } from "../wish.ts";

const scalar = { type: ["string", "number", "boolean"] };
const startApi = {
  body: object(
    {},
    {
      steps: about("these and what they need; else all", list(text)),
      params: map(text),
      force: about("run even what could be reused", flag),
      from: about("run these, and what depends on them", list(text)),
      retry: about("the id of a run whose unfinished steps are run again; then nothing else is said", text),
    },
  ),
  answer: object({ run: orNull(text) }),
  status: 202,
};
const restApi = { answer: object({ schedule: text, changed: flag }) };
const backfillApi = {
  body: object({ schedule: text, from: about("a date", text), to: about("a date", text) }),
  answer: object({ run: about("the first; null: none was to run", orNull(text)) }),
  status: 202,
};
const aliasApi = {
  body: object({ alias: text, version: about("null takes it away", orNull(whole)) }),
  answer: object({ model: text, alias: text, before: orNull(whole), version: orNull(whole) }),
};

export const actRoutes: readonly Route[] = [
  {
    method: "POST",
    path: "/api/runs",
    summary: "starts a run",
    answers: "json",
    api: startApi,
    handle: async (site, context) => json({ run: await site.acts.start(readWish(await bodyOf(context))) }, 202),
  },
  {
    method: "POST",
    path: "/api/runs/current/cancel",
    summary: "ends the run of this server",
    answers: "json",
    api: { answer: object({ cancelled: flag }), status: 202 },
    handle: (site) => {
      site.acts.cancel();
      return json({ cancelled: true }, 202);
    },
  },
  {
    method: "POST",
    path: "/api/models/:model/aliases",
    summary: "lets an alias stand for a version, or takes it away",
    answers: "json",
    api: aliasApi,
    handle: alias,
  },
  {
    method: "POST",
    path: "/api/models/:model/:version/predict",
    summary: "asks a model, in a process of its own",
    answers: "json",
    api: {
      body: object({}, { row: map(scalar) }),
      answer: object({
        answer: any,
        inputs: about("as the model had them", map(scalar)),
        examples: about("of the card, in the place of inputs that were not given", map(scalar)),
      }),
    },
    handle: predict,
  },
  {
    method: "POST",
    path: "/api/schedules/:schedule/pause",
    summary: "lets a schedule rest",
    answers: "json",
    api: restApi,
    handle: (site, context) => rest(site, context, pause),
  },
  {
    method: "POST",
    path: "/api/schedules/:schedule/resume",
    summary: "ends a schedule's rest",
    answers: "json",
    api: restApi,
    handle: (site, context) => rest(site, context, resume),
  },
  { method: "POST", path: "/api/backfills", summary: "runs past slots of a schedule", answers: "json", api: backfillApi, handle: backfill },
];

function rest(site: Site, context: Context, change: typeof pause): Response {
  const { schedule } = findSchedule(site.kept.db, idOf(context, "schedule"));
  const changed = change(site.kept.db, schedule, Date.now());
  site.live.changed();
  return json({ schedule: schedule.name, changed });
}

async function backfill(site: Site, context: Context): Promise<Response> {
  const { schedule, from, to, ...others } = fieldsOf(await bodyOf(context));
  if (Object.keys(others).length > 0 || typeof schedule !== "string")
    fail("E_USAGE", "the body is not a backfill", { remedy: 'such as {"schedule":"train","from":"2026-01-01","to":"2026-01-31"}' });
  return json({ run: await site.acts.backfill({ schedule: schedule as string, from, to }) }, 202);
}

async function alias(site: Site, context: Context): Promise<Response> {
  const { alias: name, version, ...others } = fieldsOf(await bodyOf(context));
  if (Object.keys(others).length > 0 || typeof name !== "string" || !(version === null || isVersion(version)))
    fail("E_USAGE", "the body is not an alias", {
      remedy: 'such as {"alias":"production","version":3}; versions begin at 1, and null takes the alias away',
    });
  const moved = moveAlias(site.project, `${idOf(context, "model")}@${name as string}`, version === null ? null : String(version));
  site.live.changed();
  return json(moved);
}

async function predict(site: Site, context: Context): Promise<Response> {
  const { row = {}, ...others } = fieldsOf(await bodyOf(context));
  const given = Object.entries(fieldsOf(row));
  if (
    Object.keys(others).length > 0 ||
    !given.every(([, value]) => typeof value === "string" || typeof value === "number" || typeof value === "boolean")
  )
    fail("E_USAGE", "the body is not a row", { remedy: 'such as {"row":{"radius_mean":14.1}}' });
  const { answer, inputs, examples } = await site.acts.alone(() =>
    predictOnce(
      site.project,
      idOf(context, "model"),
      Number(idOf(context, "version")),
      Object.fromEntries(given.map(([name, value]) => [name, String(value)])),
    ),
  );
  return context.req.header("accept") === "text/html" ? fragment(answerPart(answer)) : json({ answer: plain(answer), inputs, examples });
}

function isVersion(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) > 0 && idShapes.version.test(String(value));
}

function fieldsOf(body: unknown): Record<string, unknown> {
  return typeof body === "object" && body !== null && !Array.isArray(body)
    ? (body as Record<string, unknown>)
    : fail("E_USAGE", "the body is not an object");
}

async function bodyOf(context: Context): Promise<unknown> {
  try {
    return await context.req.json();
  } catch {
    return fail("E_USAGE", "the body is not JSON");
  }
}
