// The command: `npx tsx runner.ts --help`.
import { main } from "stepbook/runner";

await main();
