import ms from "ms";
import { fail } from "../errors.ts";
import type { StepConfig } from "../model.ts";
import { nearest } from "../nearest.ts";
import { NotLiteral } from "./literal.ts";

export const defaultConfig: StepConfig = {
  retries: 0,
  retryDelay: 1000,
  timeout: null,
  maxAge: null,
  cache: null,
  memory: null,
  threads: 1,
  isolation: "process",
};

/** For users who meant a `config` of their own. */
const reserved = "(`config` holds the engine's settings of a step: settings of your own need another name)";

/** The key's reader: the written value as the engine uses it, or undefined where it makes no sense. */
const readers: { readonly [K in keyof StepConfig]: { read: (value: unknown) => StepConfig[K] | undefined; expects: string } } = {
  retries: { read: wholeNumber, expects: "a whole number from 0, such as 2" },
  retryDelay: { read: wait, expects: 'a duration such as "5s" or milliseconds, at most 24 days' },
  timeout: { read: wait, expects: 'a duration such as "10m" or milliseconds, at most 24 days' },
  maxAge: { read: duration, expects: 'a duration such as "1h" or milliseconds' },
  cache: { read: (value) => (typeof value === "boolean" ? value : undefined), expects: "true or false" },
  memory: { read: mebibytes, expects: 'a size such as "512MB" or "2GB"' },
  threads: { read: (value) => wholeNumber(value) || undefined, expects: "a whole number from 1" },
  isolation: { read: (value) => (value === "process" || value === "shared" ? value : undefined), expects: '"process" or "shared"' },
};

/**
 * The literal of `export const config = {…}` as settings.
 * @param literal as it was read from the code; undefined: there is none
 * @throws E_CONFIG where it is computed, for an unknown key or a value that makes no sense
 */
export function readConfig(step: string, file: string, literal: unknown): StepConfig {
  if (literal === undefined) return defaultConfig;
  const place = { step, place: { file } };
  if (literal instanceof NotLiteral)
    return fail("E_CONFIG", `config of ${step} is computed`, {
      ...place,
      remedy: `write it as a literal: it is read without running the step ${reserved}`,
    });
  if (typeof literal !== "object" || literal === null || Array.isArray(literal)) {
    return fail("E_CONFIG", `config of ${step} is not an object`, {
      ...place,
      remedy: `write it as { retries: 2, timeout: "10m" } ${reserved}`,
    });
  }
  const config: Record<string, unknown> = { ...defaultConfig };
  for (const [key, value] of Object.entries(literal)) {
    const reader = readers[key as keyof StepConfig];
    if (!reader) {
      return fail("E_CONFIG", `config of ${step} has an unknown key "${key}"`, {
        ...place,
        remedy: `${nearest(key, Object.keys(readers))} ${reserved}`,
      });
    }
    const read = reader.read(value);
    if (read === undefined) {
      return fail("E_CONFIG", `config of ${step}: ${key} is ${typeof value === "bigint" ? `${value}n` : JSON.stringify(value)}`, {
        ...place,
        remedy: `it takes ${reader.expects}`,
      });
    }
    config[key] = read;
  }
  return config as unknown as StepConfig;
}

function wholeNumber(value: unknown): number | undefined {
  return Number.isInteger(value) && (value as number) >= 0 ? (value as number) : undefined;
}

/** Milliseconds of a number or of text such as `30s`. */
export function duration(value: unknown): number | undefined {
  if (typeof value === "number") return Number.isFinite(value) && value >= 0 ? value : undefined;
  if (typeof value !== "string" || value.trim() === "") return undefined;
  const parsed = ms(value as ms.StringValue);
  return typeof parsed === "number" && Number.isFinite(parsed) && parsed >= 0 ? parsed : undefined;
}

/** What a timer of Node can wait for: beyond 2^31 ms it does not wait at all. */
export const longestWait = 24 * 86_400_000;

/** A {@link duration} that a timer can wait for. */
export function wait(value: unknown): number | undefined {
  const parsed = duration(value);
  return parsed !== undefined && parsed <= longestWait ? parsed : undefined;
}

const units: Readonly<Record<string, number>> = { MB: 1, MIB: 1, GB: 1024, GIB: 1024, TB: 1024 * 1024 };

function mebibytes(value: unknown): number | undefined {
  const match = typeof value === "string" ? /^\s*(\d+(?:\.\d+)?)\s*([KMGT]I?B)\s*$/i.exec(value) : null;
  const unit = match && units[match[2]!.toUpperCase()];
  if (!match || !unit) return undefined;
  const size = Math.floor(Number(match[1]) * unit);
  return size > 0 ? size : undefined;
}
