import { sabotaged } from "./sabotage.ts";

/** What stands in a secret's place. */
export const veil = "***";
/** A secret shorter than this would be found in any text. */
export const shortestSecret = 4;
/** A value that only its variable's name makes one is masked from this length on. */
const shortestNamed = 8;
const sensitiveName = /_?(?:KEY|TOKEN|PASSWORD|PASSWD|SECRET)$/i;

/** Takes secrets out of what is told, in the forms in which they are passed on. One for the runner, one for each step's process. */
export class Mask {
  /** Form → name of the secret. */
  readonly #forms = new Map<string, string>();
  /** Forms of what was told to be a secret, and not taken for one by the name of its variable. */
  readonly #told = new Set<string>();
  #text: RegExp | null = null;
  #bytes: RegExp | null = null;
  #names: RegExp | null = null;
  /** As they lie in bytes, one character each. */
  #raw: readonly string[] = [];

  get isEmpty(): boolean {
    return this.#forms.size === 0;
  }

  add(name: string, value: string): void {
    const fresh = formsOf(value).filter((form) => !this.#told.has(form));
    if (fresh.length === 0) return;
    for (const form of fresh) this.#told.add(form);
    this.#guess(name, value);
    this.#names = alternatives(this.#longestFirst().filter((form) => this.#told.has(form)));
  }

  #guess(name: string, value: string): void {
    const fresh = formsOf(value).filter((form) => !this.#forms.has(form));
    if (fresh.length === 0) return;
    for (const form of fresh) this.#forms.set(form, name);
    const longestFirst = this.#longestFirst();
    this.#raw = longestFirst.map((form) => Buffer.from(form).toString("latin1"));
    SABOTAGE: if (sabotaged("mask-off")) this.#raw = [];
    this.#text = alternatives(this.#raw.length === 0 ? [] : longestFirst);
    this.#bytes = alternatives(this.#raw);
  }

  #longestFirst(): string[] {
    return [...this.#forms.keys()].sort((a, b) => b.length - a.length);
  }

  /** Values of variables whose names say what they are, and passwords inside addresses. */
  addEnvironment(env: NodeJS.ProcessEnv): void {
    for (const [name, value = ""] of Object.entries(env)) {
      const password = /^[a-z][\w+.-]*:\/\/[^/\s@]*:([^/\s@]+)@/i.exec(value)?.[1];
      if (sensitiveName.test(name) && value.length >= shortestNamed) this.#guess(name, value);
      if (password !== undefined && password.length >= shortestNamed) this.#guess(name, password);
    }
  }

  /** Name of the secret that a text holds. */
  finds(text: string): string | undefined {
    for (const [form, name] of this.#forms) if (text.includes(form)) return name;
    return undefined;
  }

  findsIn(bytes: Uint8Array): string | undefined {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (const [form, name] of this.#forms) if (buffer.includes(form)) return name;
    return undefined;
  }

  /** The forms, longest first. */
  get forms(): ReadonlyMap<string, string> {
    return this.#forms;
  }

  text(text: string): string {
    return this.#text === null ? text : text.replace(this.#text, veil);
  }

  /** A name by which something is found again, without what was told to be a secret: a weak password may be part of any path. */
  name(name: string): string {
    return this.#names === null ? name : name.replace(this.#names, veil);
  }

  /** The same data, its texts and keys without secrets. What names a thing of the engine's stays: a digest, a step, a run. */
  data<T>(value: T): T {
    return this.#text === null ? value : (this.#walk(value, false) as T);
  }

  /** The same for data of the user's, in which nothing names a thing of the engine's. */
  given<T>(value: T): T {
    return this.#text === null ? value : (this.#walk(value, true) as T);
  }

  /** The same for a row that is recorded, with what the engine filled in. */
  #row(row: object): object {
    const { experiment_id, run_id } = row as { experiment_id?: unknown; run_id?: unknown };
    const own = { ...(experiment_id === undefined ? {} : { experiment_id }), ...(run_id === undefined ? {} : { run_id }) };
    return { ...this.given(row), ...own };
  }

  #walk(value: unknown, isGiven: boolean): unknown {
    if (typeof value === "string") return !isGiven && /^[0-9a-f]{64}$/.test(value) ? value : this.text(value);
    if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return value;
    if (Array.isArray(value)) return value.map((each) => this.#walk(each, isGiven));
    if (![Object.prototype, null].includes(Object.getPrototypeOf(value) as object | null)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [this.text(key), this.#field(key, each, isGiven)]));
  }

  #field(key: string, value: unknown, isGiven: boolean): unknown {
    if (isGiven) return this.#walk(value, true);
    if (key === "row" && typeof value === "object" && value !== null) return this.#row(value);
    return names.has(key) ? value : this.#walk(value, givenFields.has(key));
  }

  /** For bytes that come in pieces: a secret may lie across two of them. */
  stream(): MaskedStream {
    let held = "";
    return {
      push: (chunk) => {
        if (this.#bytes === null && held === "") return chunk;
        const all = held + chunk.toString("latin1");
        const end = this.#safeEnd(all);
        held = all.slice(end);
        return Buffer.from(this.#veiled(all.slice(0, end)), "latin1");
      },
      end: () => {
        const rest = this.#veiled(held);
        held = "";
        return Buffer.from(rest, "latin1");
      },
    };
  }

  #veiled(latin1: string): string {
    return this.#bytes === null ? latin1 : latin1.replace(this.#bytes, veil);
  }

  /** Up to where the bytes can be handed on: what follows may be the beginning of a secret. */
  #safeEnd(all: string): number {
    let end = all.length;
    for (const form of this.#raw) {
      for (let at = Math.max(0, all.length - form.length + 1); at < end; at++) {
        if (all[at] === form[0] && form.startsWith(all.slice(at))) end = at;
      }
    }
    if (end === all.length || this.#bytes === null) return end;
    // Not in the midst of one that is there whole.
    for (const {
      index,
      0: { length },
    } of all.matchAll(this.#bytes))
      if (index < end && index + length > end) end = index + length;
    return end;
  }
}

export interface MaskedStream {
  push(chunk: Buffer): Buffer;
  /** What was held back. */
  end(): Buffer;
}

/** Fields that hold names of the engine's own, or its words. */
const names = new Set([
  "type",
  "run",
  "step",
  "id",
  "code",
  "status",
  "trigger",
  "at",
  "startedAt",
  "logicalDate",
  "digest",
  "fingerprint",
]);
/** Fields of the engine's that hold what the user gave. */
const givenFields = new Set(["bundle", "excerpt", "params", "sample"]);

/** The value as it is, in JSON, in HTML, in an address, in base64 at any place of a longer text; of several lines, each too. */
function formsOf(value: string): string[] {
  const lines = value
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line.length >= shortestNamed);
  const encoded = [
    JSON.stringify(value).slice(1, -1),
    value.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`),
    encode(value),
    encode(value).replaceAll("%20", "+"),
    ...base64Of(value),
  ];
  return [...new Set([value, ...encoded, ...lines])].filter((form) => form.length >= shortestSecret);
}

function encode(value: string): string {
  return encodeURIComponent(Buffer.from(value).toString());
}

function base64Of(value: string): string[] {
  const bytes = Buffer.from(value);
  const inner = [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString("base64");
    return text.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
  });
  const all = [bytes.toString("base64"), bytes.toString("base64").replace(/=+$/, ""), ...inner.filter((text) => text.length >= 6)];
  return [...all, ...all.map((text) => text.replaceAll("+", "-").replaceAll("/", "_")), bytes.toString("hex")];
}

function alternatives(forms: readonly string[]): RegExp | null {
  return forms.length === 0 ? null : new RegExp(forms.map((form) => form.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&")).join("|"), "g");
}
