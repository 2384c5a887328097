export const displaySymbol = Symbol.for("Jupyter.display");

/** Whether a value shows itself: by the protocol of Deno's notebooks, or as an element of a DOM, as Observable Plot makes them. */
export function isFigure(value: object): boolean {
  return typeof findProperty(value, displaySymbol)?.value === "function" || isElement(value);
}

/** What a figure shows: its MIME bundle. */
export async function bundleOf(figure: object): Promise<unknown> {
  const show = (figure as { [displaySymbol]?: unknown })[displaySymbol];
  return typeof show === "function" ? await (show.call(figure) as unknown) : elementBundle(figure as Element);
}

/** As far as an element of any DOM is read: jsdom, linkedom, happy-dom. */
interface Element {
  readonly localName: string;
  readonly outerHTML: string;
}

function isElement(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === Object.prototype || prototype === null) return false; // data with fields of these names
  const shown = findProperty(value, "outerHTML");
  return (typeof shown?.value === "string" || shown?.get !== undefined) && findProperty(value, "localName") !== undefined;
}

function elementBundle({ localName, outerHTML }: Element): Record<string, string> {
  if (localName.toLowerCase() !== "svg") return { "text/html": outerHTML };
  // In a page an SVG needs no names of its languages; as a file of its own it does.
  const names = Object.entries({ xmlns: "http://www.w3.org/2000/svg", "xmlns:xlink": "http://www.w3.org/1999/xlink" });
  const head = /^<[^>]*>/.exec(outerHTML)?.[0] ?? "";
  const missing = names.filter(([name]) => !head.includes(` ${name}=`)).map(([name, address]) => ` ${name}="${address}"`);
  return { "image/svg+xml": outerHTML.replace(/^<svg/i, `<svg${missing.join("")}`) };
}

// Not by reading it: a getter is not to be run.
export function findProperty(value: object, key: PropertyKey): PropertyDescriptor | undefined {
  if (!(key in value)) return undefined;
  for (let at: object | null = value; at; at = Object.getPrototypeOf(at) as object | null) {
    const own = Object.getOwnPropertyDescriptor(at, key);
    if (own) return own;
  }
  return undefined;
}
