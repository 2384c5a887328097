/** Side by side with the nearest rival; in `npm run test:chaos` only, since it is installed for that. */
import { rmSync } from "node:fs";
import { expect, test } from "vitest";
import { inMemory } from "../rig/memory.ts";
import { type Ending, installRival, tryRival, tryStepbook, version } from "./rival.ts";
import { isRelease, possible, tell, trials } from "./trials.ts";

inMemory();

test.skipIf(!isRelease)("killed while it writes a cache entry of 400 files, Stepbook never serves half of it", { timeout: 6 * 3600_000 }, async () => {
  const installed = installRival();
  if (!possible("rival", installed === null ? "the rival could not be installed: registry not reachable" : null)) return;
  const ends: Record<"rival" | "own", Ending[]> = { rival: [], own: [] };
  try {
    await trials("rival", async (_, { random }) => {
      const least = 1 + Math.floor(random() * 350);
      ends.rival.push(await tryRival(installed!, least));
      const own = await tryStepbook(least);
      ends.own.push(own);
      expect(own.servedHalf, `killed with ${least} files in the cache`).toBe(false);
    });
  } finally {
    rmSync(installed!, { recursive: true, force: true });
    for (const [name, all] of [[`wireit ${version}`, ends.rival], ["Stepbook", ends.own]] as const) {
      tell({ kind: "rival", name, trials: all.length, served: all.filter(({ servedHalf }) => servedHalf).length, note: `killed in time in ${all.filter(({ hit }) => hit).length}` });
    }
  }
});
