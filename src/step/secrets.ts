import { fail } from "../errors.ts";
import { Mask } from "../mask.ts";
import type { Column } from "../model.ts";
import { quoteIdentifier, quoteString } from "../sql-quote.ts";
import { tableInfo } from "../store/brand.ts";
import { entryStep, itemStep, keyStep, pathText, type Path } from "../store/path.ts";
import { type Host, perHost, type StepEvent } from "./host.ts";

/** The secrets that this process has read. */
export function secretsOf(host: Host): Mask {
  return perHost(host, "secrets", () => new Mask());
}

/** @throws E_SECRET with the path where what is displayed, tracked, recorded or saved holds a secret */
export function refuseSecretEvent(host: Host, event: StepEvent): void {
  if (secretsOf(host).isEmpty) return;
  if (event.type === "display") refuseSecret(host, event.bundle, "display");
  else if (event.type === "progress") refuseSecret(host, event.label, "track: the label");
  else if (event.type !== "effect") return;
  else if (event.effect.kind === "record") refuseSecret(host, event.effect.row, `record("${event.effect.table}")`);
  else if (event.effect.kind === "model")
    refuseSecret(host, { parts: event.effect.parts.value, card: event.effect.card.value }, `saveModel("${event.effect.name}")`);
}

/** @param name what the value is called: an export's name. @throws E_SECRET with the path inside it */
export function refuseSecret(host: Host, value: unknown, name: string): void {
  const mask = secretsOf(host);
  if (mask.isEmpty) return;
  const found = find(value, { name }, mask, new Set());
  if (found) refused(host, found.secret, mask.text(pathText(found.path)));
}

/** @throws E_SECRET. A Table's rows lie in a file: DuckDB looks through it. */
export async function refuseSecretTable(host: Host, value: unknown, name: string): Promise<void> {
  const mask = secretsOf(host);
  const info = tableInfo(value);
  if (mask.isEmpty || info === undefined || info.schema.length === 0) return;
  const [{ openReader }, { scan }] = await Promise.all([import("./reader.ts"), import("./render.ts")]);
  const { connection, close } = await openReader();
  try {
    for (const column of info.schema) {
      const held = [...mask.forms].map(([form, secret]) => `WHEN ${holds(column, form)} THEN ${quoteString(secret)}`);
      const rows = await connection.runAndReadAll(
        `SELECT secret FROM (SELECT CASE ${held.join(" ")} END AS secret FROM ${scan(info.file)}) WHERE secret IS NOT NULL LIMIT 1`,
      );
      const secret = mask.finds(column.name) ?? (rows.getRows()[0]?.[0] as string | undefined);
      if (secret !== undefined) refused(host, secret, mask.text(`${name}.${column.name}`));
    }
  } finally {
    await close();
  }
}

/** Whether a cell of the column holds the text, as SQL. */
function holds({ name, type }: Column, form: string): string {
  const cell = quoteIdentifier(name);
  if (type === "BLOB") return `contains(hex(${cell}), ${quoteString(Buffer.from(form).toString("hex").toUpperCase())})`;
  // In a list or a struct DuckDB writes a backslash before quotes and backslashes.
  const written = /\]$|^(?:STRUCT|MAP|UNION)\(/.test(type) ? [form, form.replace(/[\\']/g, "\\$&")] : [form];
  return written.map((each) => `contains(${cell}::VARCHAR, ${quoteString(each)})`).join(" OR ");
}

function refused(host: Host, secret: string, path: string): never {
  return fail("E_SECRET", `${path} holds the secret ${secret}, which is kept nowhere`, {
    step: host.step,
    remedy: `keep what you got with it; a step that needs it calls secret("${secret}") itself`,
  });
}

interface Found {
  readonly path: Path;
  readonly secret: string;
}

function find(value: unknown, path: Path, mask: Mask, seen: Set<object>): Found | undefined {
  if (typeof value === "string") return found(mask.finds(value), path);
  if (typeof value !== "object" || value === null || seen.has(value)) return undefined;
  seen.add(value);
  if (ArrayBuffer.isView(value)) return found(mask.findsIn(new Uint8Array(value.buffer, value.byteOffset, value.byteLength)), path);
  if (value instanceof ArrayBuffer) return found(mask.findsIn(new Uint8Array(value)), path);
  for (const [inner, at] of parts(value, path)) {
    const held = find(inner, at, mask, seen);
    if (held) return held;
  }
  return undefined;
}

function found(secret: string | undefined, path: Path): Found | undefined {
  return secret === undefined ? undefined : { path, secret };
}

/** What lies in an object, keys included. No getter is run. */
function* parts(value: object, path: Path): Generator<[unknown, Path]> {
  if (Array.isArray(value)) for (let i = 0; i < value.length; i++) yield [value[i], keyStep(path, i)];
  else if (value instanceof Map) {
    let nth = 0;
    for (const [key, item] of value as Map<unknown, unknown>)
      yield* [
        [key, itemStep(path, nth++)],
        [item, entryStep(path, key)],
      ] as [unknown, Path][];
  } else if (value instanceof Set) {
    let nth = 0;
    for (const item of value) yield [item, itemStep(path, nth++)];
  } else {
    for (const [key, { value: inner }] of Object.entries(Object.getOwnPropertyDescriptors(value)))
      yield* [
        [key, keyStep(path, key)],
        [inner, keyStep(path, key)],
      ] as [unknown, Path][];
  }
}
