import type { ServerResponse } from "node:http";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import type { Context } from "hono";
import { toJson } from "../json.ts";
import { problemAnswer, problemText } from "./api/problem.ts";
import { safeHeaders } from "./guard.ts";
import type { Site } from "./site.ts";

const mostViewers = 100;
/** Bytes that wait for a viewer who does not read; then it is let go, and comes again. */
const mostWaiting = 4_000_000;

type Send = (data: object, event?: string) => void;

/**
 * Server-sent events for as long as somebody listens, written straight to the connection: a web stream
 * for each of many viewers costs more than what they are told.
 * @param watch begins to send, and gives the function that ends it
 */
export function eventStream(site: Site, context: Context, watch: (send: Send) => () => void): Response {
  if (site.live.viewers >= mostViewers) return tooMany();
  const headers = { ...safeHeaders, "content-type": "text/event-stream" };
  // Only what an answer would be is asked: nobody listens.
  if (context.req.method === "HEAD") return new Response(null, { headers });
  const { outgoing } = context.env as { outgoing: ServerResponse };
  outgoing.writeHead(200, headers);
  outgoing.write("retry: 1000\n\n");
  const write = (chunk: Buffer | string) => {
    if (outgoing.writableLength > mostWaiting) outgoing.destroy();
    else if (!outgoing.destroyed) outgoing.write(chunk);
  };
  const beat = setInterval(() => write(": still here\n\n"), 15_000);
  const unwatch = watch((data, event) => write(framed(data, event)));
  outgoing.once("close", () => {
    clearInterval(beat);
    unwatch();
  });
  return RESPONSE_ALREADY_SENT;
}

/** Also to pages: a browser that is refused its events reads nothing of it, and comes again. */
function tooMany(): Response {
  const text = problemText(503, `${mostViewers} viewers listen already`, {
    remedy: "close pages that nobody looks at, or ask again later",
  });
  return problemAnswer(503, text, { "retry-after": "5" });
}

/** What all viewers are told is written out once. */
const frames = new WeakMap<object, Map<string | undefined, Buffer>>();

function framed(data: object, event: string | undefined): Buffer {
  const known = frames.get(data) ?? new Map<string | undefined, Buffer>();
  frames.set(data, known);
  const frame = known.get(event) ?? Buffer.from(`${event === undefined ? "" : `event: ${event}\n`}data: ${toJson(data)}\n\n`);
  known.set(event, frame);
  return frame;
}
