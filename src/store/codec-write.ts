import { flatItems, flatText } from "./codec-flat.ts";
import { isFigure } from "./figure.ts";
import { entryStep, itemStep, keyStep, pathText, type Path } from "./path.ts";
import { dataOf, kindOf, noOwn, onlyItems } from "./shape.ts";
import { arrayKind, bytesOf, canonicalBytes, type AnyTypedArray } from "./typed-arrays.ts";
import { isThenable, refuse, refuseObject, refusePrimitive } from "./unstorable.ts";

/** Deeper values are refused, so that no reader runs out of stack. */
export const deepest = 1000;
/** Typed arrays up to this many bytes are written as text. */
const largestInline = 4096;
/** Most text that a value may take, in bytes: JavaScript's strings end at 512 MiB. */
const mostText = 256 * 1024 * 1024;
const mostHoles = 100_000;

/** Writes a value as JSON with tags, and the bytes of its large typed arrays apart; see docs/formats.md. */
export class TagWriter {
  /** Bytes of text so far, complete after {@link flush}. */
  textBytes = 0;
  rawBytes = 0;
  readonly #inline: number;
  readonly #raw: Uint8Array[] = [];
  readonly #chunks: Uint8Array[] = [];
  /** The objects around the current value, outermost first, and where they are. */
  readonly #around: object[] = [];
  readonly #places: Path[] = [];
  #pending = "";

  /** @param inline typed arrays up to this many bytes are written as text */
  constructor(inline = largestInline) {
    this.#inline = inline;
  }

  /** @throws E_UNSTORABLE with the path, which starts with the name */
  value(value: unknown, name: string): void {
    this.#write(value, { name }, 0);
  }

  text(text: string): void {
    this.#pending += text;
    if (this.#pending.length >= 1 << 20) this.flush();
  }

  flush(): void {
    if (this.#pending === "") return;
    const chunk = Buffer.from(this.#pending, "utf8");
    this.#pending = "";
    this.textBytes += chunk.length;
    this.#chunks.push(chunk);
  }

  /** The text, then the raw bytes. */
  chunks(): Uint8Array[] {
    this.flush();
    return [...this.#chunks, ...this.#raw];
  }

  #write(value: unknown, path: Path, depth: number): void {
    this.#bound(path);
    switch (typeof value) {
      case "string":
        return this.text(JSON.stringify(value));
      case "number":
        return this.text(numberText(value));
      case "boolean":
        return this.text(String(value));
      case "undefined":
        return this.text('{"$":"undefined"}');
      case "bigint":
        return this.text(`{"$bigint":"${value}"}`);
      case "object":
        return value === null ? this.text("null") : this.#enter(value, path, depth);
      default:
        return refusePrimitive(path, value);
    }
  }

  #bound(path: Path): void {
    if (this.textBytes > mostText) refuse(path, "beyond 256 MiB of text", "use typed arrays, or a table: await table(rows)");
  }

  #enter(value: object, path: Path, depth: number): void {
    if (depth >= deepest) refuse(path, `deeper than ${deepest} levels`, "flatten it: a list of nodes that name each other by number");
    const flat = flatText(value);
    if (flat !== undefined) return this.text(flat);
    const around = this.#around.indexOf(value);
    if (around >= 0)
      refuse(
        path,
        `${pathText(this.#places[around]!)} again, a circular reference`,
        "keep the number or name of the parent instead of the parent",
      );
    this.#around.push(value);
    this.#places.push(path);
    this.#object(value, path, depth + 1);
    this.#around.pop();
    this.#places.pop();
  }

  #object(value: object, path: Path, depth: number): void {
    switch (kindOf(value)) {
      case "array":
        return this.#array(value as readonly unknown[], path, depth);
      case "plain":
        return this.#fields(value, path, depth);
      case "bare":
        this.text('{"$bare":');
        this.#fields(value, path, depth);
        return this.text("}");
      case "map":
        noOwn(value, path, "Map");
        return this.#map(value as ReadonlyMap<unknown, unknown>, path, depth);
      case "set":
        noOwn(value, path, "Set");
        return this.#set(value as ReadonlySet<unknown>, path, depth);
      case "date":
        noOwn(value, path, "Date");
        return this.text(`{"$date":${JSON.stringify(value)}}`);
      case "typed":
        return this.#numbers(arrayKind(value)!, value as AnyTypedArray);
      case "buffer":
        return this.#numbers("buffer", bytesOf(value as Buffer));
      case "arraybuffer":
        return this.#numbers("arraybuffer", bytesOf(value as ArrayBuffer));
      default:
        return refuseObject(path, value);
    }
  }

  #array(value: readonly unknown[], path: Path, depth: number): void {
    let between = "[";
    let holes = 0;
    let items = 0;
    const next = () => {
      this.text(between);
      between = ",";
    };
    for (let i = 0; i < value.length;) {
      const flat = flatItems(value, i);
      if (flat.length === 0 && !Object.hasOwn(value, i)) {
        if (++holes > mostHoles) refuse(path, "an array with more than 100,000 holes in a row", "use a Map from index to item");
        i++;
        continue;
      }
      this.#holes(holes, next);
      holes = 0;
      next();
      if (flat.length > 0) {
        this.#bound(path);
        this.text(JSON.stringify(flat).slice(1, -1));
      } else this.#write(value[i], keyStep(path, i), depth);
      const written = Math.max(1, flat.length);
      items += written;
      i += written;
    }
    this.#holes(holes, next);
    this.text(between === "[" ? "[]" : "]");
    onlyItems(value, items, path);
  }

  #holes(count: number, next: () => void): void {
    if (count === 0) return;
    next();
    this.text(`{"$hole":${count}}`);
  }

  #fields(value: object, path: Path, depth: number): void {
    if (isThenable(value) || isFigure(value)) refuseObject(path, value);
    let between = "{";
    for (const key of Reflect.ownKeys(value)) {
      if (typeof key === "symbol") return refuse(path, `an object with a key that is a symbol (${String(key)})`, "use text as key");
      const field = dataOf(value, key, path);
      // A key that starts with $ gets another one, so that tags stay apart.
      this.text(`${between}${JSON.stringify(key.startsWith("$") ? `$${key}` : key)}:`);
      between = ",";
      this.#write(field, keyStep(path, key), depth);
    }
    this.text(between === "{" ? "{}" : "}");
  }

  #map(value: ReadonlyMap<unknown, unknown>, path: Path, depth: number): void {
    let [between, index] = ['{"$map":[', 0];
    for (const [key, item] of value) {
      this.text(`${between}[`);
      this.#write(key, itemStep(path, index++), depth);
      this.text(",");
      this.#write(item, entryStep(path, key), depth);
      this.text("]");
      between = ",";
    }
    this.text(index === 0 ? '{"$map":[]}' : "]}");
  }

  #set(value: ReadonlySet<unknown>, path: Path, depth: number): void {
    let [between, index] = ['{"$set":[', 0];
    for (const item of value) {
      this.text(between);
      this.#write(item, itemStep(path, index++), depth);
      between = ",";
    }
    this.text(index === 0 ? '{"$set":[]}' : "]}");
  }

  #numbers(tag: string, array: AnyTypedArray | Uint8Array): void {
    if (array.byteLength <= this.#inline)
      return this.text(`{"$${tag}":[${Array.from(array as Iterable<number | bigint>, itemText).join(",")}]}`);
    this.text(`{"$${tag}":{"at":${this.rawBytes},"length":${array.length}}}`);
    const padding = (8 - (array.byteLength % 8)) % 8;
    this.#raw.push(canonicalBytes(array as AnyTypedArray), ...(padding > 0 ? [new Uint8Array(padding)] : []));
    this.rawBytes += array.byteLength + padding;
  }
}

/** A number as JSON has it; `{"$":"NaN"}`, `{"$":"-0"}` and the infinities where it has none. */
function numberText(value: number): string {
  return Number.isFinite(value) && !Object.is(value, -0) ? String(value) : `{"$":"${Object.is(value, -0) ? "-0" : value}"}`;
}

/** In a typed array they are bare text. */
export function itemText(value: number | bigint): string {
  if (typeof value === "bigint") return `"${value}"`;
  return Number.isFinite(value) && !Object.is(value, -0) ? String(value) : `"${Object.is(value, -0) ? "-0" : value}"`;
}
