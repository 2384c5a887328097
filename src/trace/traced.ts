import type { Emit } from "../events.ts";
import type { Finished } from "../execute/finished.ts";
import type { Collector } from "./collector.ts";
import { encodeSpans } from "./otlp.ts";
import type { Span } from "./span.ts";
import { Spans } from "./spans.ts";

const every = 5_000;
/** What is kept for a collector that is away. */
const most = 4_096;
/** How long an answer is waited for. Nothing else waits meanwhile; a command that is done stays no longer than this. */
const patience = 1_000;

/** Tells a collector of a run as spans, beside it. Whatever becomes of that, the run goes on and ends as it would. */
export async function traced(collector: Collector, emit: Emit, run: (emit: Emit) => Promise<Finished>): Promise<Finished> {
  const queue: Span[] = [];
  const spans = new Spans((span) => void (queue.length < most && queue.push(span)));
  let sending = Promise.resolve();
  const send = () => void (sending = sending.then(() => flush(collector, queue)));
  const timer = setInterval(send, every).unref();
  try {
    return await run((event) => {
      spans.take(event);
      emit(event);
    });
  } finally {
    clearInterval(timer);
    spans.close();
    send();
  }
}

async function flush(collector: Collector, queue: Span[]): Promise<void> {
  const batch = [...queue];
  if (batch.length === 0) return;
  try {
    const response = await fetch(collector.url, {
      method: "POST",
      headers: { ...collector.headers, "content-type": "application/json" },
      body: encodeSpans(collector, batch),
      signal: AbortSignal.timeout(patience),
    });
    await response.body?.cancel();
    if (!response.ok) return complain(collector, `answered ${response.status}`);
    queue.splice(0, batch.length);
  } catch (error) {
    complain(collector, ((error as Error).cause as Error | undefined)?.message || (error as Error).message);
  }
}

let complained = false;

/** Once a process: the collector's trouble is not the run's. */
function complain({ url }: Collector, what: string): void {
  if (complained) return;
  complained = true;
  process.emitWarning(`spans are lost: ${URL.canParse(url) ? new URL(url).host : url} ${what}`, "StepbookWarning");
}
