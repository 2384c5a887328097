import fs from "node:fs";
import { deserialize, serialize } from "node:v8";

/** The file descriptor of the pipe between a step's process and its runner. */
export const channelFd = 3;

/** More than any message takes; what says that it is longer is none. */
const longest = 1 << 30;

// As they are before they are wrapped for the step.
const { readSync, writeSync } = fs;

/** A message as it goes through the pipe: its length, then its bytes. */
export function frame(message: unknown): Buffer {
  const body = serialize(message);
  const whole = Buffer.allocUnsafe(4 + body.length);
  whole.writeUInt32LE(body.length);
  body.copy(whole, 4);
  return whole;
}

/** Takes the pipe's bytes as they come and hands on each message. After what is no message nothing is heard any more. */
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

function message(bytes: Buffer): unknown {
  try {
    return deserialize(bytes);
  } catch {
    return { type: "noise" }; // The step itself has written into the pipe.
  }
}

/** Tells the runner, at once: what was told is told, whatever becomes of this process. */
export function tell(message: unknown): void {
  const whole = frame(message);
  for (let at = 0; at < whole.length; ) at += writeSync(channelFd, whole, at);
}

/** Waits for the runner's next word; undefined where the runner is gone. */
export function hear(): unknown {
  const length = readExactly(4);
  const body = length && readExactly(length.readUInt32LE());
  return body && deserialize(body);
}

function readExactly(length: number): Buffer | undefined {
  const bytes = Buffer.allocUnsafe(length);
  for (let at = 0; at < length; ) {
    const read = readSync(channelFd, bytes, at, length - at, null);
    if (read === 0) return undefined;
    at += read;
  }
  return bytes;
}
