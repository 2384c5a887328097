import { closeSync, ftruncateSync, openSync, writeSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Comparison } from "../comparison.ts";
import { under } from "../goals.ts";
import { FileHasher } from "../../src/store/files.ts";
import type { Site } from "../site.ts";

const count = 10;

/** 100 MB each; of nothing but the first bytes, since what is in them makes no difference. */
function makeFiles(site: Site): string[] {
  return Array.from({ length: count }, (_, index) => {
    const file = path.join(site.folder, `large-${index}.bin`);
    const handle = openSync(file, "w");
    writeSync(handle, `file ${index}`);
    ftruncateSync(handle, (site.quick ? 10 : 100) * 1e6);
    closeSync(handle);
    return file;
  });
}

/** The engine's own hasher in this process: a whole command would measure its start. */
export const readingBack: Comparison = {
  name: "reading-back",
  title: "10 files of 100 MB that have not changed",
  rounds: { full: 11, quick: 3 },
  async prepare(site) {
    const files = makeFiles(site);
    const hash = async (hasher: FileHasher) => {
      const started = performance.now();
      await Promise.all(files.map((file) => hasher.hash(file)));
      return { ms: performance.now() - started };
    };
    const kept = new FileHasher(remembered());
    // Files younger than two seconds are hashed each time.
    await sleep(2100);
    await hash(kept);
    return {
      contenders: [
        { name: "checked by their signatures", role: "ours", turn: () => hash(kept) },
        { name: "hashed", role: "floor", turns: 2, turn: () => hash(new FileHasher(remembered())) },
      ],
      goals: [under(5, "checked by their signatures")],
    };
  },
};

function remembered(): ConstructorParameters<typeof FileHasher>[0] {
  const known = new Map<string, { signature: string; digest: string }>();
  return { get: (file) => known.get(file), set: (file, signature, digest) => void known.set(file, { signature, digest }) };
}
