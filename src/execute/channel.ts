import fs from "node:fs";
import { deserialize, serialize } from "node:v8";

/** The file descriptor of the pipe between a step's process and its runner. */
export const channelFd = 3;

/** Longer than any message: what claims to be longer is not one. */
const longest = 1 << 30;

// As they are before they are wrapped for the step.
const { readSync, writeSync } = fs;

/** The forms of a message: `node:v8`, which takes 2 ms to load, is for what JSON cannot express. */
const form = { json: 0, v8: 1 } as const;

/** A message as it goes through the pipe: the length of what follows, its form, its bytes. */
export function frame(message: unknown): Buffer {
  const json = (message as { type?: unknown } | null)?.type !== "event" && isJson(message);
  const body = json ? Buffer.from(JSON.stringify(message)) : serialize(message);
  const whole = Buffer.allocUnsafe(5 + body.length);
  whole.writeUInt32LE(1 + body.length);
  whole.writeUInt8(json ? form.json : form.v8, 4);
  body.copy(whole, 5);
  return whole;
}

/** Deeper than any message but an event, which may hold anything of the step's. */
const deepest = 20;

/** Whether JSON gives the value back as it is, but for fields that are undefined. */
function isJson(value: unknown, depth = 0): boolean {
  if (value === null || typeof value === "string" || typeof value === "boolean") return true;
  if (typeof value === "number") return Number.isFinite(value) && !Object.is(value, -0);
  if (typeof value !== "object" || depth > deepest) return false;
  // A hole is undefined here, which JSON cannot express.
  if (Array.isArray(value)) return Array.from(value).every((item) => isJson(item, depth + 1));
  const kind: unknown = Object.getPrototypeOf(value);
  return (
    (kind === Object.prototype || kind === null) && Object.values(value).every((field) => field === undefined || isJson(field, depth + 1))
  );
}

function read(bytes: Uint8Array): unknown {
  const body = Buffer.from(bytes.buffer, bytes.byteOffset + 1, bytes.length - 1);
  return bytes[0] === form.json ? (JSON.parse(body.toString()) as unknown) : deserialize(body);
}

/** Takes the pipe's bytes as they come and hands on each message. After bytes that are not a message nothing more is heard. */
export function unframe(handle: (message: unknown) => void): (chunk: Buffer) => void {
  let parts: Buffer[] = [];
  let have = 0;
  let need = 4;
  return (chunk) => {
    parts.push(chunk);
    have += chunk.length;
    if (need > longest) parts = [];
    if (have < need || need > longest) return;
    let rest = parts.length === 1 ? chunk : Buffer.concat(parts);
    for (need = 4; rest.length >= 4; rest = rest.subarray(need), need = 4) {
      need = 4 + rest.readUInt32LE();
      if (rest.length < need) break;
      handle(message(rest.subarray(4, need)));
    }
    parts = need > longest ? [] : [rest];
    have = rest.length;
  };
}

/** The step itself has written into the pipe. */
const noise = { type: "noise" };

function message(bytes: Buffer): unknown {
  try {
    return read(bytes) ?? noise;
  } catch {
    return noise;
  }
}

/** Tells the runner, at once: what was told is told, whatever becomes of this process. */
export function tell(message: unknown): void {
  const whole = frame(message);
  for (let at = 0; at < whole.length;) at += writeSync(channelFd, whole, at);
}

/** Waits for the runner's next word; undefined where the runner is gone. */
export function hear(): unknown {
  const length = readExactly(4);
  const body = length && readExactly(length.readUInt32LE());
  return body && read(body);
}

function readExactly(length: number): Buffer | undefined {
  const bytes = Buffer.allocUnsafe(length);
  for (let at = 0; at < length;) {
    const read = readSync(channelFd, bytes, at, length - at, null);
    if (read === 0) return undefined;
    at += read;
  }
  return bytes;
}
