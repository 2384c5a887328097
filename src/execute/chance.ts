/**
 * Watches for what makes a result differ from run to run: `Math.random` called by the step's code,
 * and clock readings that end up in an export.
 */
export class ChanceWatch {
  readonly #clock = new Set<number>();
  #random = false;
  readonly #originals = { random: Math.random, now: Date.now, Date };

  /** @param bundle path of the step's code, by which its own calls are told from a library's */
  constructor(bundle: string) {
    this.#watchRandom(bundle);
    this.#watchClock();
  }

  /** Why the result is not reproducible, or null. */
  verdict(exported: Readonly<Record<string, unknown>>): string | null {
    if (this.#random) return "it calls Math.random(); use random(seed)";
    const name = Object.keys(exported).find((key) => this.#holdsClock(exported[key], 0));
    return name === undefined ? null : `its export ${name} holds the time at which it ran`;
  }

  /** Puts the process back as it was. */
  end(): void {
    Math.random = this.#originals.random;
    globalThis.Date = this.#originals.Date;
    Date.prototype.constructor = this.#originals.Date;
    Date.now = this.#originals.now;
  }

  #watchRandom(bundle: string): void {
    const original = Math.random;
    let looks = 0;
    Math.random = () => {
      if (!this.#random && looks++ < 50) this.#random = callerLine(new Error().stack).includes(bundle) || callerIsSource(new Error().stack);
      return original();
    };
  }

  #watchClock(): void {
    const { now } = Date;
    const note = (time: number) => {
      if (this.#clock.size < 100_000) this.#clock.add(time);
      return time;
    };
    Date.now = () => note(now());
    globalThis.Date = new Proxy(Date, {
      construct(original, args, newTarget) {
        const date = Reflect.construct(original, args, newTarget) as Date;
        if (args.length === 0) note(date.getTime());
        return date;
      },
    });
    // Much code knows a date by its constructor.
    Date.prototype.constructor = globalThis.Date;
  }

  #holdsClock(value: unknown, depth: number): boolean {
    if (typeof value === "number") return this.#clock.has(value);
    if (typeof value !== "object" || value === null || depth > 4) return false;
    if (value instanceof Date) return this.#clock.has(value.getTime());
    if (ArrayBuffer.isView(value)) return false;
    return Object.values(value)
      .slice(0, 1000)
      .some((each) => this.#holdsClock(each, depth + 1));
  }
}

/** The frame that called the wrapped function. */
function callerLine(stack: string | undefined): string {
  return stack?.split("\n")[2] ?? "";
}

/** Source maps turn the bundle's frames into those of steps/ and lib/. */
function callerIsSource(stack: string | undefined): boolean {
  const line = callerLine(stack);
  return /\.[cm]?tsx?:\d+/.test(line) && !line.includes("node_modules");
}
