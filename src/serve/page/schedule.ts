import { pastSlots, previewSlots, type SlotPreview } from "../../command/backfill.ts";
import { type KnownSchedule, knownSchedules } from "../../command/schedules.ts";
import { leaderOf } from "../../record/leader.ts";
import { pageOfSlots, type SlotRow } from "../../record/slots.ts";
import { commandIn } from "../../command-name.ts";
import { readMoment } from "../../dates.ts";
import { countOf, formatDuration } from "../../report/format.ts";
import { readRange } from "../../schedule/range.ts";
import { nextSlots } from "../../schedule/slots.ts";
import type { Zone } from "../../schedule/zone.ts";
import { mostSlots } from "../acts.ts";
import type { LaidOut } from "../answer.ts";
import { html, type Html, type Piece } from "../html.ts";
import { beyond } from "../part/beyond.ts";
import { badge, signs } from "../part/icons.ts";
import { wholeOf } from "../route.ts";
import type { Site } from "../site.ts";
import { layout, runLink, when } from "./layout.ts";

const [pageSize, upcoming, stripe] = [20, 5, 60];
const day = 86_400_000;

/** The schedules: what comes, what became of what came, and a backfill with a look at its slots before. */
export function schedulePage(site: Site, asked: Readonly<Record<string, string | undefined>>): LaidOut {
  const { db } = site.kept;
  const all = knownSchedules(db);
  const now = Date.now();
  const main =
    all.length === 0
      ? html`<h1>Schedule</h1><p class="empty">No schedule is known yet. <code>npx tsx schedule.ts</code> keeps those of <code>schedule.ts</code>, and notes them here.</p>`
      : html`<h1>Schedule</h1>${keeper(site, now)}
${all.map((each) => card(site, each, now))}
<h2 class="part">Slots <span class="quiet">each on its schedule's clock</span></h2>${ledger(site, all, wholeOf(asked["offset"], 0, 1e9))}
<h2 class="part" id="backfill">Backfill</h2>${backfillForm(all, asked, now)}${preview(site, all, asked)}`;
  return layout(site, { title: "Schedule", at: "/schedule", main, wide: true });
}

function keeper({ kept: { db } }: Site, now: number): Html {
  const leader = leaderOf(db);
  if (leader?.lives)
    return html`<p class="note">Kept by process ${leader.pid}, up for ${formatDuration(now - Date.parse(leader.since))}.</p>`;
  return html`<p class="note warn">${leader ? "The scheduler has died." : "No scheduler runs."} Nothing starts by itself until <code>npx tsx schedule.ts</code> does.</p>`;
}

function card({ kept: { db } }: Site, { schedule, paused }: KnownSchedule, now: number): Html {
  const { name, cron, zone, steps, params, catchUp, overlap, retries } = schedule;
  const next = nextSlots(cron, zone, now, upcoming);
  const past = pageOfSlots(db, name, 0, stripe).slots.toReversed();
  const act = paused === null ? "pause" : "resume";
  return html`<article class="card schedule"><div class="cell-head"><h2>${name} <span class="chip mono">${cron.fields}</span> <span class="quiet">${zone.name}</span></h2>
<p class="cell-state">${paused !== null && html`<span class="chip warn">paused since ${when(new Date(paused).toISOString())}</span>`}<button type="button" data-act="${act}" data-schedule="${name}">${paused === null ? "Pause" : "Resume"}</button></p></div>
<p class="note">${steps.length === 0 ? "all steps" : html`up to <span class="mono">${steps.join(", ")}</span>`}${Object.entries(params).map(([param, value]) => html` <span class="chip mono">${param}=${value}</span>`)} · catch-up ${catchUp} · overlap ${overlap} · ${retries === 0 ? "no retries" : countOf(retries, "retry")}</p>
<dl class="values"><div><dt>next</dt><dd>${next.length === 0 ? "never" : html`<ol class="next${paused !== null && " resting"}">${next.map((at) => html`<li>${slotTime(zone, at)} <span class="quiet">in ${formatDuration(at - now)}</span></li>`)}</ol>`}</dd></div>
<div><dt>past</dt><dd>${past.length === 0 ? html`<span class="quiet">none yet</span>` : html`<ol class="stripe">${past.map((row) => mark(zone, row))}</ol>`}</dd></div></dl></article>`;
}

/** On the schedule's own clock; a schedule that is gone has that of UTC. */
function slotTime(zone: Zone | undefined, slot: number | string): Html {
  const at = new Date(slot);
  return html`<time datetime="${at.toISOString()}" title="${zone?.name ?? "UTC"}">${clock(zone, at)}</time>`;
}

function clock(zone: Zone | undefined, at: Date): string {
  return new Date(zone ? zone.local(at.getTime()) : at).toISOString().slice(0, 16).replace("T", " ");
}

function mark(zone: Zone, { slot, status, run, reason }: SlotRow): Html {
  const words = `${clock(zone, new Date(slot))}: ${status}${reason === null ? "" : `, ${reason}`}`;
  const sign = html`<span aria-hidden="true">${signs[status]}</span><span class="hidden">${words}</span>`;
  return html`<li class="s-${status}" title="${words}">${run === null ? sign : html`<a href="/runs/${run}">${sign}</a>`}</li>`;
}

function ledger({ kept: { db } }: Site, all: readonly KnownSchedule[], offset: number): Html {
  const zones = new Map(all.map(({ schedule }) => [schedule.name, schedule.zone]));
  const { total, slots } = pageOfSlots(db, null, offset, pageSize);
  if (total === 0) return html`<p class="note">No slot has come yet.</p>`;
  if (slots.length === 0) return beyond(total, "slot", "/schedule");
  const turn = (to: number, sign: string, label: string, on: boolean) =>
    on ? html`<a class="button" href="/schedule?offset=${to}" aria-label="${label}">${sign}</a>` : html`<span class="quiet">${sign}</span>`;
  const rows = slots.map((row) => [
    slotTime(zones.get(row.schedule), row.slot),
    row.schedule,
    badge(row.status),
    row.attempts || "",
    row.run === null ? "" : runLink({ id: row.run }),
    row.trigger,
    row.reason === null ? "" : html`<span class="words">${row.reason}</span>`,
  ]);
  return html`${grid("Slots", ["slot", "schedule", "status", "attempts", "run", "trigger", "why"], rows)}
<p class="pager">${turn(Math.max(0, offset - pageSize), "‹", "Newer slots", offset > 0)}<span>${(offset + 1).toLocaleString("en-US")}–${(offset + slots.length).toLocaleString("en-US")} of ${total.toLocaleString("en-US")}</span>${turn(offset + pageSize, "›", "Older slots", offset + pageSize < total)}</p>`;
}

function grid(name: string, heads: readonly string[], rows: readonly (readonly Piece[])[]): Html {
  return html`<div class="scroll grid-box" tabindex="0" role="region" aria-label="${name}"><table class="data"><thead><tr>${heads.map((head) => html`<th scope="col">${head}</th>`)}</tr></thead><tbody>${rows.map((row) => html`<tr>${row.map((cell) => html`<td>${cell}</td>`)}</tr>`)}</tbody></table></div>`;
}

function backfillForm(
  all: readonly KnownSchedule[],
  { schedule, from, to }: Readonly<Record<string, string | undefined>>,
  now: number,
): Html {
  const { zone } = (all.find((each) => each.schedule.name === schedule) ?? all[0]!).schedule;
  const date = (text: string | undefined, standard: number) => (isDate(text) ? text : clock(zone, new Date(standard)).slice(0, 10));
  return html`<form action="/schedule#backfill" method="get" data-still class="tools"><label>schedule <select name="schedule">${all.map((each) => html`<option${each.schedule.name === schedule && html` selected`}>${each.schedule.name}</option>`)}</select></label><label>from <input type="date" name="from" value="${date(from, now - 7 * day)}" required></label><label>to <input type="date" name="to" value="${date(to, now)}" required></label><button>Preview</button></form>`;
}

function isDate(text: string | undefined): text is string {
  return readMoment(text)?.timed === false;
}

function preview(
  { kept: { db }, project }: Site,
  all: readonly KnownSchedule[],
  { schedule: name, from, to }: Readonly<Record<string, string | undefined>>,
): Html | undefined {
  const found = all.find(({ schedule }) => schedule.name === name);
  if (!found || !isDate(from) || !isDate(to)) return undefined;
  // Here, where the form is there to mend it; days are written so that the earlier one is the smaller text.
  if (from > to) return html`<p class="note warn">${from} is after ${to}: give the first day, then the last.</p>`;
  const slots = pastSlots(found.schedule, readRange(found.schedule, from, to), mostSlots + 1);
  if (slots.length === 0) return html`<p class="note">No slots in that time.</p>`;
  if (slots.length > mostSlots)
    return html`<p class="note warn">More than ${mostSlots} slots: take a shorter time, or <code>${commandIn(project)} backfill --schedule ${name} --from ${from} --to ${to}</code>.</p>`;
  const rows = previewSlots(db, found.schedule, slots);
  const count = rows.filter(({ would }) => would === "run").length;
  return html`<p>${count === 0 ? "Nothing to run: all have succeeded or are on their way." : html`<button type="button" class="primary" data-act="backfill" data-schedule="${name}" data-from="${from}" data-to="${to}">Run ${countOf(count, "slot")}</button> <span class="quiet">one after the other, oldest first</span>`}</p>
${grid(
  "Slots of the backfill",
  ["slot", "so far", "would"],
  rows.map(({ slot, status, would }: SlotPreview) => [
    slotTime(found.schedule.zone, slot),
    status === null ? "" : badge(status),
    would === "run" ? "run" : html`<span class="quiet">stay</span>`,
  ]),
)}`;
}
