import type { Comparison } from "../comparison.ts";
import { chain } from "./chain.ts";
import { cold100, cold1000 } from "./cold.ts";
import { comment } from "./comment.ts";
import { mirror1k, mirror10k, mirror100k } from "./mirror.ts";
import { noop100, noop1000, noopTsx } from "./nothing-changed.ts";
import { pagesLoad, pagesServer, pagesViewers } from "./pages.ts";
import { pagesPixel } from "./pixel.ts";
import { plain } from "./plain.ts";
import { readingBack } from "./reading-back.ts";
import { shared } from "./shared.ts";
import { shipped } from "./shipped.ts";
import { outOfCore, sqlCsv } from "./sql.ts";
import { storing } from "./storing.ts";
import { columnsIn, columnsOut } from "./tables.ts";
import { watch } from "./watch.ts";

/** All that `npm run bench` measures, in this order: what a cold comparison leaves is what the next ones find up to date. */
export const comparisons: readonly Comparison[] = [
  ...[cold100, noop100, noopTsx, comment, cold1000, noop1000, shared, chain, shipped, watch],
  ...[sqlCsv, outOfCore, columnsOut, columnsIn, storing, readingBack],
  ...[mirror1k, mirror10k, mirror100k],
  ...plain([cold100, noop100, shared, chain, shipped]),
  ...[pagesServer, pagesLoad, pagesPixel, pagesViewers],
];
