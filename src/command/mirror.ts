import path from "node:path";
import { exitCodes, fail } from "../errors.ts";
import { databaseUrl, mask } from "../mirror/url.ts";
import { type MirrorState, mirrorState, sendAgain } from "../record/outbox.ts";
import { countOf } from "../report/format.ts";
import { cancellable } from "./cancellable.ts";
import { type Io, print, printJson, printTable } from "./io.ts";
import { withKept } from "./opened.ts";

interface MirrorFlags {
  readonly status?: boolean;
  readonly now?: boolean;
  readonly resend?: boolean;
}

/** `mirror`: what has been sent to Postgres, what waits, what is parked and why; with `--now` sends it. */
export async function mirror(io: Io, flags: MirrorFlags): Promise<number> {
  const url = databaseUrl(io.env);
  const sends = flags.now === true || flags.resend === true;
  if (sends && url === undefined)
    fail("E_USAGE", "DATABASE_URL is not set, so there is nowhere to send to", {
      remedy: "set it, such as postgresql://stepbook@localhost:5432/stepbook",
    });
  return cancellable((cancellation) =>
    withKept(io, async ({ db, store, project }) => {
      if (sends) {
        if (flags.resend) sendAgain(db);
        const { ship } = await import("../mirror/ship.ts");
        await untilSettled(() => ship({ db, store, project: path.resolve(project), url: url!, signal: cancellation.signal }), url!);
      }
      const state = mirrorState(db);
      if (io.json) printJson(io, { type: "mirror", database: url === undefined ? null : mask(url), ...state });
      else tell(io, state, url);
      return sends && state.parked.length > 0 ? exitCodes.stepFailed : exitCodes.done;
    }),
  );
}

/** What is refused is tried three times, then parked: then nothing is left to try. */
async function untilSettled(ship: () => Promise<{ readonly refused: number }>, url: string): Promise<void> {
  try {
    while ((await ship()).refused > 0);
  } catch (error) {
    if ((error as Error).name === "AbortError") throw error;
    const { explain } = await import("../mirror/refusal.ts");
    fail("E_DATABASE", `${mask(url)}: ${mask(explain(error), url)}`, {
      remedy: "nothing is lost: what has not been sent waits, and goes with the next run or `mirror --now`",
    });
  }
}

function tell(io: Io, { sent, waiting, waitingSince, parked }: MirrorState, url: string | undefined): void {
  print(io, url === undefined ? "DATABASE_URL is not set: rows wait here, and nothing is lost" : `to ${mask(url)}`);
  const since = waitingSince === null ? "" : `, the oldest since ${waitingSince}`;
  print(io, `${sent} sent, ${waiting} waiting${since}, ${parked.length} parked`);
  if (parked.length === 0) return;
  printTable(
    io,
    ["parked", "table", "step", "run", "reason"],
    parked.map(({ id, table, step, run, reason }) => [id, table, step, run, reason]),
  );
  print(io, `${countOf(parked.length, "row")} refused by Postgres: mend the table or its definition, then \`mirror --resend\``);
}
