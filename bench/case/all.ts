import type { Comparison } from "../comparison.ts";
import { chain } from "./chain.ts";
import { cold100, cold1000 } from "./cold.ts";
import { comment } from "./comment.ts";
import { noop100, noop1000, noopTsx } from "./nothing-changed.ts";
import { shared } from "./shared.ts";
import { shipped } from "./shipped.ts";

/** All that `npm run bench` measures, in this order. */
export const comparisons: readonly Comparison[] = [noop100, noopTsx, noop1000, comment, cold100, shared, cold1000, chain, shipped];
