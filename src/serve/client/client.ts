// The pages' script. Pages are whole without it but for acts, tables' pages and live changes.
import { startActs } from "./acts.ts";
import { startFolds } from "./folds.ts";
import { startKeys } from "./keys.ts";
import { startLive } from "./live.ts";
import { startFind } from "./find.ts";
import { startFrames } from "./frames.ts";
import { startNarrow } from "./narrow.ts";
import { startNews } from "./news.ts";
import { startPicks } from "./picks.ts";
import { startTables } from "./tables.ts";

startNarrow();
startFolds();
startTables();
startFind();
startNews();
startPicks();
startFrames();
startActs();
startKeys();
startLive();
