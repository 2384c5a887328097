import type { Mask, MaskedStream } from "../mask.ts";

/**
 * What this process prints by JavaScript is masked before it leaves; the runner masks what else comes from it.
 * @returns what prints all that is held back, since it may be the beginning of a secret; done at the end of the process too
 */
export function maskOutput(mask: Mask): () => void {
  const flushes = [process.stdout, process.stderr].map((stream) => {
    const write = stream.write.bind(stream) as (chunk: Uint8Array, done?: (error?: Error | null) => void) => boolean;
    const masked: MaskedStream = mask.stream();
    stream.write = ((
      chunk: string | Uint8Array,
      encoding?: BufferEncoding | ((error?: Error | null) => void),
      done?: (error?: Error | null) => void,
    ) => {
      const bytes = typeof chunk === "string" ? Buffer.from(chunk, typeof encoding === "string" ? encoding : "utf8") : Buffer.from(chunk);
      return write(masked.push(bytes), typeof encoding === "function" ? encoding : done);
    }) as typeof stream.write;
    return () => {
      const rest = masked.end();
      if (rest.length > 0) write(rest);
    };
  });
  const flush = () => flushes.forEach((each) => each());
  process.once("exit", flush);
  return flush;
}
