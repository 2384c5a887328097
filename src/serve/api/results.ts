import type { Context } from "hono";
import { pastSlots, previewSlots } from "../../command/backfill.ts";
import { findSchedule, knownSchedules } from "../../command/schedules.ts";
import { fail } from "../../errors.ts";
import { nearest } from "../../nearest.ts";
import { usualTable } from "../../record/defined-tables.ts";
import { pageOfSlots } from "../../record/slots.ts";
import { readRange } from "../../schedule/range.ts";
import { nextSlots } from "../../schedule/slots.ts";
import { mostSlots } from "../acts.ts";
import { usesOf } from "../data/model-uses.ts";
import { provenance, readModels } from "../data/models.ts";
import { readExperiments, tablesOf } from "../data/results.ts";
import { idOf, type Route } from "../route.ts";
import type { Site } from "../site.ts";
import { named } from "./components.ts";
import { get } from "./describe.ts";
import { downAsked, sortAsked, wholeAsked } from "./query.ts";
import { about, any, instant, list, map, object, orNull, text, whole, words } from "./schema.ts";

export const resultApi: readonly Route[] = [
  get(
    "/api/experiments",
    "the recorded results, newest first unless sorted",
    {
      query: {
        table: about("which results table; else experiments, or the first where none is called so", text),
        sort: about("a column's name", text),
        down: about("1: from the largest to the smallest", text),
        find: about("rows that hold this text only", text),
      },
      answer: object({ table: text, tables: list(text), columns: list(text), rows: list(map(any)) }),
    },
    experiments,
  ),
  get("/api/models", "the saved models, newest version first", { answer: object({ models: list(named("Model")) }) }, (site) => ({
    models: readModels(site),
  })),
  get(
    "/api/models/:model",
    "the versions of a model, what each was made of and who loaded it",
    { answer: object({ name: text, versions: list(named("ModelVersion")) }) },
    model,
  ),
  get(
    "/api/schedules",
    "the schedules, as schedule.ts last had them",
    {
      answer: object({
        schedules: list(
          object({
            name: text,
            cron: text,
            timezone: text,
            steps: list(text),
            params: map(text),
            catchUp: text,
            overlap: text,
            retries: whole,
            paused: about("since when it rests", orNull(instant)),
            next: about("the next slots", list(instant)),
          }),
        ),
      }),
    },
    schedules,
  ),
  get(
    "/api/slots",
    "the ledger of the schedules, newest first",
    {
      query: {
        schedule: about("slots of this one only", text),
        offset: about("slots to leave out before", whole),
        limit: about("at most 1000; else 50", whole),
      },
      answer: object({ total: whole, offset: whole, slots: list(named("Slot")) }),
    },
    slots,
  ),
  get(
    "/api/backfills",
    "what a backfill would do, slot by slot",
    {
      query: { schedule: about("which schedule", text), from: about("a date", text), to: about("a date", text) },
      answer: object({ slots: list(object({ schedule: text, slot: instant, status: orNull(text), would: words("run", "stay") })) }),
    },
    preview,
  ),
];

function experiments(site: Site, context: Context) {
  const asked = context.req.query();
  const word = (name: string) => (asked[name] ?? "").slice(0, 200);
  const table = word("table") || usualTable(site.project);
  const { columns, rows } = readExperiments(site, { table, sort: word("sort"), down: downAsked(context), find: word("find") });
  // Before the first result no column is known.
  if (columns.length > 0) sortAsked(context, columns);
  return { table, tables: tablesOf(site, table), columns, rows };
}

function model(site: Site, context: Context) {
  const name = idOf(context, "model");
  const all = readModels(site);
  const versions = all.filter((each) => each.name === name);
  if (versions.length === 0)
    fail("E_NOT_FOUND", `there is no model "${name}"`, { remedy: nearest(name, [...new Set(all.map((each) => each.name))]) });
  const uses = usesOf(site, name);
  return { name, versions: versions.map((each) => ({ ...each, provenance: provenance(site, each), uses: uses.get(each.version) ?? [] })) };
}

function schedules({ kept: { db } }: Site) {
  return {
    schedules: knownSchedules(db).map(({ schedule, paused }) => {
      const { name, cron, zone, steps, params, catchUp, overlap, retries } = schedule;
      const next = nextSlots(cron, zone, Date.now(), 5).map((at) => new Date(at).toISOString());
      return {
        name,
        cron: cron.fields,
        timezone: zone.name,
        steps,
        params,
        catchUp,
        overlap,
        retries,
        paused: paused === null ? null : new Date(paused).toISOString(),
        next,
      };
    }),
  };
}

function slots({ kept: { db } }: Site, context: Context) {
  const schedule = context.req.query("schedule") ?? null;
  const first = wholeAsked(context, "offset", 0, 1e9);
  const { total, slots: rows } = pageOfSlots(db, schedule, first, wholeAsked(context, "limit", 50, 1000));
  // Slots outlive a schedule that is gone from schedule.ts; where there are none, the name may be wrong.
  if (total === 0 && schedule !== null) findSchedule(db, schedule);
  return { total, offset: first, slots: rows };
}

function preview({ kept: { db } }: Site, context: Context) {
  const { schedule: name, from, to } = context.req.query();
  const { schedule } = findSchedule(db, name);
  const past = pastSlots(schedule, readRange(schedule, from, to), mostSlots + 1);
  if (past.length > mostSlots) fail("E_USAGE", `more than ${mostSlots} slots`, { remedy: "take a shorter time" });
  return { slots: previewSlots(db, schedule, past) };
}
