import { toFailure } from "../errors.ts";
import type { Event } from "../events.ts";
import type { Duty } from "../serve/health/health.ts";
import type { Serving } from "../serve/server.ts";
import type { Address } from "../serve/address.ts";
import type { Voice } from "./voice.ts";

/** A port that is taken is tried again: the scheduler that has it may end, and this one take over. */
const again = 5_000;

export interface Pages {
  /** Shows a run of this process while it goes on. */
  event(event: Event): void;
  /** A run has ended, however it did; null: before it began. */
  ended(run: string | null): void;
  close(): Promise<void>;
}

/** Serves the pages beside the schedule. Nothing that happens to them is an error of the schedule. */
export function keepServing(project: string, address: Address | null, duty: () => Duty, voice: Voice): Pages {
  let serving: Serving | undefined;
  let timer: NodeJS.Timeout | undefined;
  let trouble = "";
  let closed = false;
  const opening = { current: Promise.resolve() };
  const open = async (): Promise<void> => {
    try {
      const { serve } = await import("../serve/server.ts");
      serving = await serve({ ...address!, project, duty });
      tellWhere(serving.url, voice);
    } catch (error) {
      const { message } = toFailure(error);
      if (message !== trouble) voice.say(`no pages: ${message}; the schedule goes on, and the pages come when that ends`, {}, "warn");
      trouble = message;
      if (!closed) timer = setTimeout(() => (opening.current = open()), again);
    }
  };
  if (address) opening.current = open();
  return {
    event: (event) => serving?.site.live.take(event),
    ended(run) {
      serving?.site.live.ended(run);
      serving?.site.live.changed();
    },
    async close() {
      closed = true;
      clearTimeout(timer);
      await opening.current;
      clearTimeout(timer);
      await serving?.close();
    },
  };
}

/** A log may be read by more people than the pages: it does not get the token. */
function tellWhere(url: string, voice: Voice): void {
  const shown = process.stderr.isTTY ? url : url.replace(/\?token=.*/, "");
  voice.say(`the pages are at ${shown}${shown === url ? "" : " (?token= what .stepbook/ui-token holds)"}`, {});
}
