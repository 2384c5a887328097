import { readFileSync } from "node:fs";
import path from "node:path";
import { parse } from "yaml";
import { root } from "../rig/build.ts";

/** What is looked at of a service; the schema checks the whole. */
export interface Service {
  readonly image?: string;
  readonly user?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly cap_drop?: readonly string[];
  readonly cap_add?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly tmpfs?: readonly string[];
  readonly depends_on?: Readonly<Record<string, { readonly condition: string }>>;
  readonly [other: string]: unknown;
}

export interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes: Readonly<Record<string, unknown>>;
}

export const composeText = readFileSync(path.join(root, "docker-compose.yaml"), "utf8");

/** The file with its variables filled in, as Compose does it. @throws where a variable that must be set is not */
export function readCompose(env: Readonly<Record<string, string>>): Compose {
  return fill(parse(composeText), env) as Compose;
}

function fill(value: unknown, env: Readonly<Record<string, string>>): unknown {
  if (typeof value === "string") return fillText(value, env);
  if (Array.isArray(value)) return value.map((each) => fill(each, env));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, fill(each, env)]));
}

function fillText(text: string, env: Readonly<Record<string, string>>): string {
  return text.replace(/\$\{(\w+)(?::([-?])([^}]*))?\}/g, (_, name: string, kind: string | undefined, rest = "") => {
    if (env[name]) return env[name];
    if (kind === "?") throw new Error(`required variable ${name} is missing a value: ${rest}`);
    return kind === "-" ? rest : "";
  });
}
