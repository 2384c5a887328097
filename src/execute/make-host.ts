import path from "node:path";
import type { Mask } from "../mask.ts";
import type { MimeBundle } from "../model.ts";
import type { Host, NotedRead, StagedEffect, StepEvent } from "../step/host.ts";
import { refuseSecretEvent } from "../step/secrets.ts";
import type { Noting } from "./noting.ts";
import type { Job, Message } from "./protocol.ts";

/** What the step leaves beside its exports. */
export interface Collected {
  readonly effects: StagedEffect[];
  readonly displays: MimeBundle[];
}

/** How a step's process tells what it has to tell. */
interface Telling {
  readonly notes: Noting;
  readonly mask: Mask;
  readonly send: (message: Message) => void;
  /** From here on what the step prints is masked. */
  readonly maskOwnOutput: () => void;
}

/** The runner as the step's API sees it. */
export function makeHost(job: Job, collected: Collected, { notes, mask, send, maskOwnOutput }: Telling): Host {
  const host: Host = {
    mode: "runner",
    project: job.project,
    staging: job.staging,
    kept: job.kept,
    step: job.step,
    run: job.run,
    params: job.params,
    memory: job.memory,
    threads: job.threads,
    note(read: NotedRead) {
      if ("digest" in read) send({ type: "param", read });
      else notes.path(read.kind, path.resolve(job.project, read.name), read.since);
    },
    soon: (file) => send({ type: "soon", path: file }),
    opaque: ({ kind, what }) => notes.opaque(kind, what),
    written: (file) => notes.written(path.resolve(job.project, file), false),
    emptied: (folder) => notes.emptied(path.resolve(job.project, folder)),
    secret(name, value) {
      mask.add(name, value);
      notes.marked();
      maskOwnOutput();
      send({ type: "secret", name, value });
    },
    emit(event: StepEvent) {
      refuseSecretEvent(host, event);
      if (event.type === "effect") return void collected.effects.push(event.effect);
      if (event.type === "display") collected.displays.push(mask.given(event.bundle));
      send({ type: "event", event: mask.data(event) });
    },
  };
  return host;
}
