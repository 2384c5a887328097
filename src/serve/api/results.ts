import type { Context } from "hono";
import { fail } from "../../errors.ts";
import { nearest } from "../../nearest.ts";
import { listSlots, scheduleDefinitions } from "../../record/slots.ts";
import { readSchedule, type ScheduleDefinition } from "../../schedule/define.ts";
import { nextSlot } from "../../schedule/slots.ts";
import { provenance, readModels, usesOf } from "../data/models.ts";
import { readExperiments, tablesOf } from "../page/experiments.ts";
import { idOf, type Route, wholeOf } from "../route.ts";
import type { Site } from "../site.ts";
import { named } from "./components.ts";
import { get } from "./describe.ts";
import { about, any, instant, list, map, object, orNull, text, whole } from "./schema.ts";

export const resultApi: readonly Route[] = [
  get("/api/experiments", "the recorded results, newest first unless sorted", {
    query: { table: about("which results table; else experiments", text), sort: about("a column's name", text), down: about("1: from the largest to the smallest", text), find: about("rows that hold this text only", text) },
    answer: object({ table: text, tables: list(text), columns: list(text), rows: list(map(any)) }),
  }, experiments),
  get("/api/models", "the saved models, newest version first", { answer: object({ models: list(named("Model")) }) }, (site) => ({ models: readModels(site) })),
  get("/api/models/:model", "the versions of a model, what each was made of and who loaded it", { answer: object({ name: text, versions: list(named("ModelVersion")) }) }, model),
  get("/api/schedules", "the schedules, as schedule.ts last had them", { answer: object({ schedules: list(object({ name: text, definition: map(any), next: orNull(instant) })) }) }, schedules),
  get("/api/slots", "the ledger of the schedules, newest first", { query: { limit: about("at most 1000; else 50", whole) }, answer: object({ slots: list(named("Slot")) }) }, (site, context) => ({ slots: listSlots(site.kept.db, wholeOf(context.req.query("limit"), 50, 1000)) })),
];

function experiments(site: Site, context: Context) {
  const asked = context.req.query();
  const word = (name: string) => (asked[name] ?? "").slice(0, 200);
  const table = word("table") || "experiments";
  const { columns, rows } = readExperiments(site, { table, sort: word("sort"), down: word("down") === "1", find: word("find") });
  return { table, tables: tablesOf(site, table), columns, rows };
}

function model(site: Site, context: Context) {
  const name = idOf(context, "model");
  const all = readModels(site);
  const versions = all.filter((each) => each.name === name);
  if (versions.length === 0) fail("E_NOT_FOUND", `there is no model "${name}"`, { remedy: nearest(name, [...new Set(all.map((each) => each.name))]) });
  return { name, versions: versions.map((each) => ({ ...each, provenance: provenance(site, each), uses: usesOf(site, each) })) };
}

function schedules({ kept: { db } }: Site) {
  return {
    schedules: scheduleDefinitions(db).map(({ name, definition }) => {
      const parsed = JSON.parse(definition) as ScheduleDefinition;
      return { name, definition: parsed, next: nextOf(name, parsed) };
    }),
  };
}

function nextOf(name: string, { cron, timezone }: ScheduleDefinition): string | null {
  const schedule = readSchedule(name, { cron, ...(timezone === undefined ? {} : { timezone }) });
  const next = nextSlot(schedule.cron, schedule.zone, Date.now());
  return next === undefined ? null : new Date(next).toISOString();
}
