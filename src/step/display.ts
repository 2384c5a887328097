import { inspect } from "node:util";
import type { MimeBundle } from "../model.ts";
import { bundleOf, displaySymbol, isFigure } from "../store/figure.ts";
import { tableInfo } from "../store/brand.ts";
import { isThenable } from "../store/unstorable.ts";
import { here } from "./here.ts";
import { refuseSecretTable } from "./secrets.ts";
import { type Host, perHost } from "./host.ts";
import { keepPending } from "./pending.ts";

/**
 * Shows a value in the notebook, below the step.
 *
 * A value says how it is shown by a method `Symbol.for("Jupyter.display")` that gives a MIME bundle, at once or
 * as a promise: the protocol of Deno's notebooks, so their plots work. An element of a DOM (what Observable Plot makes) shows
 * itself. A Table shows its shape and first rows. An object whose keys are all MIME types (`{ "text/html": "<b>…</b>" }`) is a
 * bundle itself. Anything else is shown as text, and as a tree where it is data. A query or a promise is awaited first.
 *
 * The promise need not be awaited: the step ends when all is shown.
 *
 * @example display(train);
 * @example display(sql`SELECT diagnosis, count(*) FROM ${train} GROUP BY ALL`);
 * @example display({ "image/svg+xml": svg });
 */
export function display(value: unknown): Promise<void> {
  const host = here();
  return keepPending(host, inTurn(host, shownBundle(host, value)));
}

async function shownBundle(host: Host, given: unknown): Promise<MimeBundle> {
  const value = isAwaited(given) ? await given : given;
  if (tableInfo(value)) await refuseSecretTable(host, value, "display");
  return mimeBundle(value);
}

/** A query or a promise that was not awaited. */
function isAwaited(value: unknown): boolean {
  return typeof value === "object" && value !== null && isThenable(value) && !isFigure(value);
}

/** What is shown, in the order in which that was asked for: whichever is made first waits for those before it. */
interface Turn {
  ready: boolean;
  bundle?: MimeBundle;
}

/** Waits for its own bundle only: one display may be made by way of another. */
async function inTurn(host: Host, made: Promise<MimeBundle>): Promise<void> {
  const turns = perHost(host, "displays", (): Turn[] => []);
  const turn: Turn = { ready: false };
  turns.push(turn);
  try {
    turn.bundle = await made;
  } finally {
    turn.ready = true;
    while (turns[0]?.ready) {
      const { bundle } = turns.shift()!;
      if (bundle) host.emit({ type: "display", bundle });
    }
  }
}

/** The value as a MIME bundle, as {@link display} shows it: what is plain as it is now, since it may change. */
export async function mimeBundle(value: unknown): Promise<MimeBundle> {
  if (showsItself(value)) {
    const bundle = await bundleOf(value);
    return isPlain(bundle) ? { ...bundle } : { "text/plain": asText(bundle) };
  }
  if (isBundle(value)) return copy(value);
  const tree = asJson(value);
  return { "text/plain": asText(value), ...(tree === undefined ? {} : { "application/json": tree }) };
}

function showsItself(value: unknown): value is object {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return false;
  return typeof (value as { [displaySymbol]?: unknown })[displaySymbol] === "function" || isFigure(value);
}

function copy(bundle: MimeBundle): MimeBundle {
  try {
    return structuredClone(bundle);
  } catch {
    return { ...bundle }; // it holds what cannot be copied, and will be refused
  }
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

function isBundle(value: unknown): value is MimeBundle {
  if (!isPlain(value)) return false;
  const keys = Object.keys(value);
  return keys.length > 0 && keys.every((key) => /^[a-z]+\/[\w.+-]+$/.test(key));
}

function asText(value: unknown): string {
  return typeof value === "string" ? value : inspect(value, { depth: 4, maxArrayLength: 50, maxStringLength: 2000, sorted: false });
}

/** Largest tree that is sent along, in characters of JSON. */
const largestTree = 200_000;

/** Data as JSON, a bigint as text, a Map and a Set as lists; undefined for what is not data, or too large. */
function asJson(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  try {
    const text = JSON.stringify(value, (_, inner: unknown) => {
      if (typeof inner === "bigint") return String(inner);
      if (inner instanceof Map || inner instanceof Set) return [...(inner as Iterable<unknown>)];
      return ArrayBuffer.isView(inner) && !(inner instanceof DataView) ? Array.from(inner as unknown as Iterable<unknown>) : inner;
    });
    return text !== undefined && text.length <= largestTree ? JSON.parse(text) : undefined;
  } catch {
    return undefined; // circular, or a toJSON that throws: the text is enough
  }
}
