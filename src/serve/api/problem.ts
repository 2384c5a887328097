import { STATUS_CODES } from "node:http";
import type { Failure } from "../../errors.ts";
import { safeHeaders } from "../guard.ts";

export const problemType = "application/problem+json";

/** What went wrong as RFC 9457 has it; the engine's code and remedy go along. */
export function problemText(
  status: number,
  detail: string,
  more: Partial<Pick<Failure, "code" | "remedy" | "place" | "param">> = {},
): string {
  const { code, remedy, place, param } = more;
  return JSON.stringify({
    type: "about:blank",
    title: STATUS_CODES[status] ?? "Error",
    status,
    detail,
    ...(code ? { code } : {}),
    ...(remedy ? { remedy } : {}),
    ...(place ? { place } : {}),
    ...(param === undefined ? {} : { param }),
  });
}

export function problem(failure: Failure): Response {
  const status = statusOf(failure);
  return problemAnswer(status, problemText(status, failure.message, failure));
}

export function problemAnswer(status: number, body: string, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(body, { status, headers: { ...safeHeaders, "content-type": problemType, ...headers } });
}

/** Where the fault lies on this side: to ask otherwise does not help. */
const ours: ReadonlySet<Failure["code"]> = new Set([
  "E_ARTIFACT",
  "E_DATABASE",
  "E_DECODE",
  "E_DISK_FULL",
  "E_FILE",
  "E_INSTALL",
  "E_INTERNAL",
  "E_READ_ONLY",
  "E_STATE_CORRUPT",
  "E_STATE_NEWER",
]);

export function statusOf({ code }: Failure): number {
  return code === "E_NOT_FOUND" ? 404 : code === "E_LOCKED" ? 409 : ours.has(code) ? 500 : 400;
}

/** Whether an answer is for programs. */
export function isApi(path: string): boolean {
  return path === "/api" || path.startsWith("/api/");
}
