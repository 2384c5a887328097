/** Side by side with the nearest rival; in `npm run test:chaos` only, since it is installed for that. */
import { rmSync } from "node:fs";
import { expect, test } from "vitest";
import { inMemory } from "../rig/memory.ts";
import { type Ending, installRival, tryRival, tryStepbook, untilHit, version } from "./rival.ts";
import { isRelease, possible, tell, trials } from "./trials.ts";

inMemory();

/** The comparison; the trials of ours go on. */
const rivalTrials = 20;

test.skipIf(!isRelease)(
  "killed while it writes a cache entry of 400 files, Stepbook never serves half of it",
  { timeout: 6 * 3600_000 },
  async () => {
    const installed = installRival();
    if (!possible("rival", installed === null ? "the rival could not be installed: registry not reachable" : null)) return;
    const ends: Record<"rival" | "own", Ending[]> = { rival: [], own: [] };
    try {
      await trials("rival", async (nth, notes) => {
        const least = 1 + Math.floor(notes.random() * 200);
        if (nth < rivalTrials) ends.rival.push(await untilHit((files) => tryRival(installed!, files), least));
        const own = await untilHit((files) => tryStepbook(files, nth), least);
        ends.own.push(own);
        expect(own.servedHalf, `killed with ${least} files in the cache`).toBe(false);
        notes.note = `killed in time in ${ends.own.filter(({ hit }) => hit).length}`;
      });
      // Where the rival is not caught, the rig does not hit what it is meant to hit.
      expect(ends.rival.filter(({ servedHalf }) => servedHalf).length, "what the rival serves").toBeGreaterThan(0);
    } finally {
      rmSync(installed!, { recursive: true, force: true });
      for (const [name, all] of [
        [`wireit ${version}`, ends.rival],
        ["Stepbook", ends.own],
      ] as const) {
        tell({
          kind: "rival",
          name,
          trials: all.length,
          served: all.filter(({ servedHalf }) => servedHalf).length,
          note: `killed in time in ${all.filter(({ hit }) => hit).length}`,
        });
      }
    }
  },
);
