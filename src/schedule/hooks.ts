import type { Hook, SlotReport } from "./define.ts";

/** How long a hook is waited for, in ms. */
export const patience = 10_000;

/**
 * A hook that posts what happened as JSON; `text` says it in words, as chat services and mail gateways take it.
 * @example onFailure: webhook(process.env.ALERT_URL!)
 */
export function webhook(url: string): Hook {
  return (report) =>
    send(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ text: inWords(report), ...report }),
    });
}

/**
 * A hook that calls an address, so that a service notices when the calls stop (a dead man's switch).
 * @example onSuccess: ping("https://hc-ping.com/…")
 */
export function ping(url: string): Hook {
  return () => send(url, { method: "GET" });
}

async function send(url: string, init: RequestInit): Promise<void> {
  const response = await fetch(url, { ...init, signal: AbortSignal.timeout(patience) });
  await response.body?.cancel();
  if (!response.ok) throw new Error(`answered ${response.status}`);
}

function inWords({ schedule, slot, status, reason, run }: SlotReport): string {
  return `${schedule} ${slot}: ${status}${reason === null ? "" : ` (${reason})`}${run === null ? "" : `, run ${run}`}`;
}
