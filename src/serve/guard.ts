import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";

export interface GuardOptions {
  /** Exact values of the Host header that are answered. */
  readonly hosts: ReadonlySet<string>;
  /** Those of them that a proxy with TLS may stand before. */
  readonly proxied: ReadonlySet<string>;
  readonly token: string;
  /** Bound to loopback: whoever asks for it by a name of this machine may read. Elsewhere, and by a proxy, reading needs the token too. */
  readonly readable: boolean;
}

export interface Refusal {
  readonly status: 400 | 401 | 403 | 405 | 413 | 415 | 421;
  readonly message: string;
}

/** Asked by probes, which have no token. They tell of no data and of no secret. */
const open: ReadonlySet<string> = new Set(["/healthz", "/readyz", "/metrics"]);

/** Named by the token: browsers give a server the cookies of all servers of its machine. */
export function cookieName(token: string): string {
  return `stepbook_${createHash("sha256").update(token).digest("hex").slice(0, 8)}`;
}

const largestBody = 64 * 1024;

/** What every answer carries. Styles and scripts come from files of our own only; nothing may frame us. */
export const safeHeaders: Readonly<Record<string, string>> = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
  "x-frame-options": "DENY",
  "cache-control": "no-store",
};

/** Says why a request is refused, or undefined. Stands in front of every route, known or not. */
export function refusal(request: IncomingMessage, options: GuardOptions): Refusal | undefined {
  return wrongHost(request, options) ?? wrongTarget(request) ?? (isSafe(request) ? unread(request, options) : unsafe(request, options));
}

/** A page of another site whose name was bound anew to this address sends that site's name. */
function wrongHost({ rawHeaders }: IncomingMessage, { hosts }: GuardOptions): Refusal | undefined {
  const sent = rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]!.toLowerCase() === "host");
  const [host] = sent;
  if (sent.length === 1 && hosts.has(host!.toLowerCase())) return undefined;
  return { status: 421, message: "this server does not answer to that name; --host or STEPBOOK_HOSTS adds one" };
}

/**
 * Also what only looks like a path: in an address a backslash is a slash, what follows two of them is a name, and dots are steps. What is
 * left is read in one way by all that read it.
 */
function wrongTarget({ url = "" }: IncomingMessage): Refusal | undefined {
  const isPath = /^\/(?![/\\])/.test(url) && URL.canParse(url, "http://x") && parseTarget(url).pathname === url.replace(/[?#].*$/s, "");
  return isPath ? undefined : { status: 400, message: "the request's target is not a path" };
}

/** A request's target, taken apart. */
export function parseTarget(target: string): URL {
  return new URL(target, "http://x");
}

function isSafe({ method }: IncomingMessage): boolean {
  return method === "GET" || method === "HEAD";
}

function unread(request: IncomingMessage, { readable, proxied, token }: GuardOptions): Refusal | undefined {
  if (bearsToken(request, token)) return undefined;
  const { pathname, searchParams } = parseTarget(request.url!);
  const asked = searchParams.get("token");
  if (isToken(asked ?? "", token)) return undefined;
  // Who sends a token wants to act: to be let in for reading only is no answer to that.
  if (asked !== null) return { status: 401, message: "that is not this server's token: open the address that `runner.ts ui` printed" };
  if ((readable && !proxied.has(hostOf(request))) || open.has(pathname)) return undefined;
  return { status: 401, message: "open the address that `runner.ts ui` printed: it carries the token" };
}

/** Acts need the token, which other users of the machine do not know, and a browser's word that a page of ours asks. */
function unsafe(request: IncomingMessage, options: GuardOptions): Refusal | undefined {
  if (request.method !== "POST") return { status: 405, message: "only GET, HEAD and POST are answered" };
  if (!bearsToken(request, options.token))
    return {
      status: 401,
      message: "acts need the token: open the address that was printed with it, or send what .stepbook/ui-token holds as x-stepbook-token",
    };
  if (!sameSite(request, options)) return { status: 403, message: foreign(request) };
  if (request.headers["content-type"]?.split(";")[0]?.trim() !== "application/json")
    return { status: 415, message: "send application/json" };
  const length = Number(request.headers["content-length"] ?? Number.NaN);
  if (!(length <= largestBody)) return { status: 413, message: "the body is too large, or its length is not told" };
  return undefined;
}

function sameSite(request: IncomingMessage, { hosts, proxied }: GuardOptions): boolean {
  const site = request.headers["sec-fetch-site"];
  const { origin } = request.headers;
  const host = hostOf(request);
  if (site !== undefined && site !== "same-origin" && site !== "none") return false;
  if (origin !== undefined) return (origin === `http://${host}` && hosts.has(host)) || (origin === `https://${host}` && proxied.has(host));
  return site !== undefined;
}

/** A program that says nothing of where it comes from is told how; a page of another site is not. */
function foreign({ headers }: IncomingMessage): string {
  return headers.origin === undefined && headers["sec-fetch-site"] === undefined
    ? `say that you do not ask for a page of another site: send the server's own address as origin, such as http://${headers.host ?? ""}`
    : "the request comes from another site";
}

function hostOf({ headers }: IncomingMessage): string {
  return headers.host?.toLowerCase() ?? "";
}

function bearsToken(request: IncomingMessage, token: string): boolean {
  return isToken(tokenOf(request), token) || isToken(cookieOf(request, cookieName(token)), token);
}

function tokenOf({ headers }: IncomingMessage): string {
  const sent = headers["x-stepbook-token"];
  return typeof sent === "string" ? sent : "";
}

function cookieOf({ headers }: IncomingMessage, wanted: string): string {
  const pairs = (headers.cookie ?? "").split(";").map((pair) => pair.trim().split("="));
  return pairs.find(([name]) => name === wanted)?.[1] ?? "";
}

function isToken(sent: string, token: string): boolean {
  const [a, b] = [Buffer.from(sent), Buffer.from(token)];
  return a.length === b.length && timingSafeEqual(a, b);
}
