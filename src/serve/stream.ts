import type { Context } from "hono";
import { file } from "./route.ts";
import type { Site } from "./site.ts";

const mostViewers = 100;

export type Send = (data: unknown, event?: string) => void;

/**
 * Server-sent events for as long as somebody listens.
 * @param watch begins to send, and gives the function that ends it
 */
export function eventStream(site: Site, context: Context, watch: (send: Send) => () => void): Response {
  if (site.live.viewers >= mostViewers) return new Response("too many viewers", { status: 503 });
  const text = new TextEncoder();
  let stop = () => {};
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      const write = (chunk: string) => controller.enqueue(text.encode(chunk));
      const beat = setInterval(() => write(": still here\n\n"), 15_000);
      const unwatch = watch((data, event) => write(`${event === undefined ? "" : `event: ${event}\n`}data: ${jsonOf(data)}\n\n`));
      write("retry: 1000\n\n");
      stop = () => {
        clearInterval(beat);
        unwatch();
      };
      context.req.raw.signal.addEventListener("abort", () => stop());
    },
    cancel: () => stop(),
  });
  return file(stream, "text/event-stream");
}

function jsonOf(data: unknown): string {
  return JSON.stringify(data, (_, each: unknown) => (typeof each === "bigint" ? each.toString() : each));
}
