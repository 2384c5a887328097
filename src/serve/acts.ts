import { defaultRunOptions } from "../config.ts";
import { fail, toFailure } from "../errors.ts";
import { Cancellation } from "../execute/cancel.ts";
import { runMirrored } from "../mirror/run.ts";
import type { Site } from "./site.ts";

export interface RunWish {
  readonly steps: readonly string[];
  readonly params: Readonly<Record<string, string>>;
  readonly force: boolean;
}

const mostAtOnce = 4;

/** The one run that this server may have under way. */
export class Acts {
  readonly #site: Site;
  #working = 0;
  #current: { readonly cancellation: Cancellation; readonly ended: Promise<void> } | undefined;

  constructor(site: Site) {
    this.#site = site;
  }

  /**
   * Starts a run, as the command does it.
   * @returns its id, as soon as it has one
   * @throws what is wrong before a step runs; E_LOCKED while another run goes on
   */
  start(wish: RunWish): Promise<string> {
    if (this.#current) fail("E_LOCKED", "a run goes on", { remedy: "wait for it, or cancel it" });
    const { live, project } = this.#site;
    const cancellation = new Cancellation();
    return new Promise((resolve, reject) => {
      const options = { ...defaultRunOptions(project), ...wish, wait: false, trigger: "ui" as const };
      const ended = runMirrored(options, (event) => {
        if (event.type === "run.started") resolve(event.run);
        live.take(event);
      }, cancellation)
        .then(() => {}, (error: unknown) => reject(error instanceof Error ? error : new Error(toFailure(error).message)))
        .finally(() => {
          this.#current = undefined;
          live.ended();
          live.changed();
        });
      this.#current = { cancellation, ended };
    });
  }

  /** Ends the run, politely at first and at once when asked again. @throws E_NOT_FOUND where none goes on */
  cancel(): void {
    if (!this.#current) fail("E_NOT_FOUND", "no run of this server goes on");
    this.#current.cancellation.request();
  }

  /** Work that takes a process: some side by side, no more. @throws E_LOCKED */
  async alone<T>(work: () => Promise<T>): Promise<T> {
    if (this.#working >= mostAtOnce) fail("E_LOCKED", "others are being worked on", { remedy: "ask again in a moment" });
    this.#working++;
    try {
      return await work();
    } finally {
      this.#working--;
    }
  }

  /** Before the server ends: its run must not be left alone. */
  async settle(): Promise<void> {
    this.#current?.cancellation.request();
    await this.#current?.ended;
  }
}

/** A body as a run's wish; anything else in it is refused. @throws E_USAGE */
export function readWish(body: unknown): RunWish {
  if (typeof body !== "object" || body === null || Array.isArray(body)) return fail("E_USAGE", "the body is no object");
  const { steps = [], params = {}, force = false, ...others } = body as Record<string, unknown>;
  const isText = (each: unknown): each is string => typeof each === "string" && each.length <= 10_000;
  if (Object.keys(others).length > 0) fail("E_USAGE", `unknown: ${Object.keys(others).join(", ")}`, { remedy: "a run takes steps, params and force" });
  if (!Array.isArray(steps) || !steps.every(isText)) fail("E_USAGE", "steps must be a list of texts");
  if (typeof params !== "object" || params === null || Array.isArray(params) || !Object.values(params).every(isText)) fail("E_USAGE", "params must be an object of texts");
  if (typeof force !== "boolean") fail("E_USAGE", "force must be true or false");
  return { steps: steps as string[], params: { ...(params as Record<string, string>) }, force };
}
