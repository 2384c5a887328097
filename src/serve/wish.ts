import { fail } from "../errors.ts";

/** What a run is asked for with. */
export interface RunWish {
  readonly steps: readonly string[];
  readonly params: Readonly<Record<string, string>>;
  readonly force: boolean;
  readonly from: readonly string[];
  /** The id of a run whose unfinished steps are run again; then nothing else is said. */
  readonly retry?: string;
}

/** A body as a run's wish; anything else in it is refused. @throws E_USAGE */
export function readWish(body: unknown): RunWish {
  if (typeof body !== "object" || body === null || Array.isArray(body)) return fail("E_USAGE", "the body is not an object");
  const { steps = [], params = {}, force = false, from = [], retry, ...others } = body as Record<string, unknown>;
  const isText = (each: unknown): each is string => typeof each === "string" && each.length <= 10_000;
  if (Object.keys(others).length > 0)
    fail("E_USAGE", `unknown: ${Object.keys(others).join(", ")}`, { remedy: "a run takes steps, params, force, from and retry" });
  if (!Array.isArray(steps) || !steps.every(isText)) fail("E_USAGE", "steps must be a list of texts");
  if (typeof params !== "object" || params === null || Array.isArray(params) || !Object.values(params).every(isText))
    fail("E_USAGE", "params must be an object of texts");
  if (typeof force !== "boolean") fail("E_USAGE", "force must be true or false");
  if (!Array.isArray(from) || !from.every(isText)) fail("E_USAGE", "from must be a list of texts");
  if (retry !== undefined && (!isText(retry) || Object.keys(body).length > 1))
    fail("E_USAGE", "retry must be the id of a run, and stand alone");
  return {
    ...(retry === undefined ? {} : { retry: retry as string }),
    from: from as string[],
    steps: steps as string[],
    params: { ...(params as Record<string, string>) },
    force,
  };
}
