import { STATUS_CODES } from "node:http";
import type { Failure } from "../../errors.ts";
import { safeHeaders } from "../guard.ts";

export const problemType = "application/problem+json";

/** What went wrong as RFC 9457 has it; the engine's code and remedy go along. */
export function problemText(status: number, detail: string, more: Partial<Pick<Failure, "code" | "remedy" | "place">> = {}): string {
  const { code, remedy, place } = more;
  return JSON.stringify({
    type: "about:blank",
    title: STATUS_CODES[status] ?? "Error",
    status,
    detail,
    ...(code ? { code } : {}),
    ...(remedy ? { remedy } : {}),
    ...(place ? { place } : {}),
  });
}

export function problem(failure: Failure): Response {
  const status = statusOf(failure);
  return new Response(problemText(status, failure.message, failure), { status, headers: { ...safeHeaders, "content-type": problemType } });
}

export function statusOf({ code }: Failure): number {
  return code === "E_NOT_FOUND" ? 404 : code === "E_LOCKED" ? 409 : code === "E_INTERNAL" ? 500 : 400;
}

/** Whether an answer is for programs. */
export function isApi(path: string): boolean {
  return path === "/api" || path.startsWith("/api/");
}
