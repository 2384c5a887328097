import type { Cron } from "./cron.ts";
import type { Zone } from "./zone.ts";

const day = 86_400_000;

/**
 * The slots in (after, until], oldest first; of more than `most` the newest. A pure function of its arguments: what was
 * due does not depend on who was there to see it.
 *
 * A slot is a time on the zone's wall clock. Where the clock jumps over it, its instant is the first after the gap, once
 * for all that the gap holds; where the clock shows it twice, the first.
 */
export function slotsBetween(cron: Cron, zone: Zone, after: number, until: number, most = Infinity): number[] {
  const found: number[] = [];
  // A gap moves slots by a day at most, where a zone left one out.
  for (let date = startOfDay(zone.local(until)) + day; date >= startOfDay(zone.local(after)) - day; date -= day) {
    const at = new Date(date);
    if (!cron.matchesDay(at.getUTCMonth() + 1, at.getUTCDate(), at.getUTCDay())) continue;
    const steady = zone.steady(date);
    const times = cron.hours.flatMap((hour) => cron.minutes.map((minute) => date + hour * 3_600_000 + minute * 60_000));
    const instants = times.map((local) => (steady === undefined ? zone.instant(local) : local - steady));
    found.push(...instants.filter((instant) => instant > after && instant <= until));
    if (found.length > most * 2 + 2_000) break;
  }
  const slots = [...new Set(found)].sort((a, b) => a - b);
  return slots.length > most ? slots.slice(-most) : slots;
}

/** The next slot after an instant, within the years in which a cron expression comes round. */
export function nextSlot(cron: Cron, zone: Zone, after: number): number | undefined {
  for (let days = 1; days < 3_700; days *= 2) {
    const next = slotsBetween(cron, zone, after, after + days * day)[0];
    if (next !== undefined) return next;
  }
  return undefined;
}

/** The next so many slots after an instant. */
export function nextSlots(cron: Cron, zone: Zone, after: number, count: number): number[] {
  const found: number[] = [];
  for (let next = nextSlot(cron, zone, after); next !== undefined && found.length < count; next = nextSlot(cron, zone, next))
    found.push(next);
  return found;
}

function startOfDay(local: number): number {
  return Math.floor(local / day) * day;
}
