import { toJson } from "../json.ts";
import { safeHeaders } from "./guard.ts";
import type { Html } from "./html.ts";

/** A page as it is sent. */
export interface LaidOut {
  readonly text: string;
  /** By the id of the element that it is: all that can change while somebody looks at it. */
  readonly parts: ReadonlyMap<string, string>;
  /** Another one whenever a part is another. */
  readonly state: string;
}

const asHtml = { ...safeHeaders, "content-type": "text/html; charset=utf-8" };

/** A page as an answer, with what it is made of: its viewers get those parts alone that change. */
export class PageAnswer extends Response {
  readonly laidOut: LaidOut;

  constructor(laidOut: LaidOut, status: number) {
    super(laidOut.text, { status, headers: asHtml });
    this.laidOut = laidOut;
  }
}

export function page(laidOut: LaidOut, status = 200): PageAnswer {
  return new PageAnswer(laidOut, status);
}

/** What a page puts into itself. */
export function fragment({ text }: Html): Response {
  return new Response(text, { headers: asHtml });
}

export function json(value: unknown, status = 200): Response {
  return new Response(toJson(value), { status, headers: { ...safeHeaders, "content-type": "application/json; charset=utf-8" } });
}

export function file(
  content: string | Uint8Array<ArrayBuffer> | ReadableStream,
  type: string,
  headers: Record<string, string> = {},
): Response {
  return new Response(content, { headers: { ...safeHeaders, "content-type": type, ...headers } });
}
