/**
 * A process that executes steps one after the other, where the engine takes a new one for each: for thousands of tiny
 * steps, whose processes would take all the time. It does what src/execute/child.ts does, by the same parts.
 */
import path from "node:path";
import { pathToFileURL } from "node:url";
import { toFailure } from "../../src/errors.ts";
import { Inputs } from "../../src/execute/inputs.ts";
import { Noting } from "../../src/execute/noting.ts";
import { type Observer, observe } from "../../src/execute/observe.ts";
import type { Job, Message } from "../../src/execute/protocol.ts";
import { storeResults } from "../../src/execute/results.ts";
import { apiCall, inputCall, metaCall } from "../../src/graph/names.ts";
import * as api from "../../src/step/api.ts";
import { type Host, setHost, settlePending, type StagedEffect } from "../../src/step/host.ts";

export interface Order {
  readonly job: Job;
  readonly env: Readonly<Record<string, string>>;
}

// Taken before it is observed: what is set here is no doing of the step's.
const env = process.env;
const chdir = process.chdir.bind(process);
let current: Noting | undefined;
let count = 0;
const send = (message: Message) => void process.send!(message);

const observer: Observer = {
  path: (kind, file) => current?.path(kind, file),
  written: (file) => current?.written(file),
  made: (folder) => current?.made(folder),
  env: (name) => current?.env(name),
  machine: (name) => current?.machine(name),
  opaque: (kind, what) => current?.opaque(kind, what),
  marked: () => current?.marked(),
};
observe(observer);

process.on("message", (order) => void work(order as Order));

async function work({ job, env: values }: Order): Promise<void> {
  Object.assign(env, values);
  chdir(job.project);
  try {
    const notes = new Noting(job, import.meta.dirname, send);
    const inputs = new Inputs(job.inputs);
    const effects: StagedEffect[] = [];
    const host = hostOf(job, notes, effects);
    setHost(host);
    define(apiCall, (name: string) => (api as Record<string, unknown>)[name]);
    define(inputCall, (step: string, name: string) => inputs.get(`${step}.${name}`));
    define(metaCall, (file: string) => ({ url: pathToFileURL(file).href }));
    current = notes;
    const module = (await import(`${pathToFileURL(job.bundle).href}?${++count}`)) as Record<string, unknown>;
    await settlePending(host);
    current = undefined;
    const exported = Object.fromEntries(job.exports.filter((name) => name in module).map((name) => [name, module[name]]));
    send({ type: "done", ...(await storeResults(exported, [], effects, job.staging)), notReproducible: null });
  } catch (error) {
    send({ type: "failed", failure: toFailure(error, "E_STEP_THREW") });
  } finally {
    current = undefined;
  }
}

function define(name: string, value: unknown): void {
  Object.defineProperty(globalThis, name, { value, configurable: true });
}

function hostOf(job: Job, notes: Noting, effects: StagedEffect[]): Host {
  return {
    mode: "runner",
    project: job.project,
    staging: job.staging,
    kept: job.kept,
    step: job.step,
    run: job.run,
    params: job.params,
    memory: job.memory,
    threads: job.threads,
    note(read) {
      if ("digest" in read) send({ type: "param", read });
      else notes.path(read.kind, path.resolve(job.project, read.name), read.since);
    },
    opaque: ({ kind, what }) => notes.opaque(kind, what),
    written: (file) => notes.written(path.resolve(job.project, file)),
    emit: (event) => void (event.type === "effect" && effects.push(event.effect)),
    secret: () => {},
  };
}
