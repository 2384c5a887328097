import type { Route } from "../route.ts";
import { eventStream } from "../stream.ts";
import { refuseUnknown } from "./query.ts";
import { text } from "./schema.ts";

const summary =
  "server-sent events: `change` (something that the API shows may be other now; once a minute in any case), `progress` (how far a step is), `log` (lines that a running step printed, each with the place in its log where it ends), `run` (each event of this server's run, as `run --json` prints it)";

export const liveApi: readonly Route[] = [
  {
    method: "GET",
    path: "/api/events",
    summary,
    answers: "events",
    api: { answer: text, type: "text/event-stream" },
    handle: (site, context) => {
      refuseUnknown(context);
      return eventStream(site, context, (send) => {
        const unwatch = site.live.watch(({ type, ...notice }) => send(notice, type));
        const deafen = site.live.hear((event) => send(event, "run"));
        return () => {
          unwatch();
          deafen();
        };
      });
    },
  },
];
