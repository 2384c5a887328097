import { types as is } from "node:util";
import { fail } from "../errors.ts";
import { tableBrand } from "./brand.ts";
import { findProperty, isFigure } from "./figure.ts";
import { pathText, type Path } from "./path.ts";

/** @throws E_UNSTORABLE: what lies at the path, and what to do */
export function refuse(path: Path, what: string, remedy: string): never {
  return fail("E_UNSTORABLE", `${pathText(path)} is ${what}, which cannot be stored`, { remedy });
}

export function refusePrimitive(path: Path, value: unknown): never {
  if (typeof value === "function") {
    const name = value.name ? ` (${value.name})` : "";
    const kind = /^class\b/.test(Function.prototype.toString.call(value)) ? "a class" : "a function";
    return refuse(path, `${kind}${name}`, "move it to lib/ and import it where it is used; an export is data");
  }
  return refuse(path, `a ${typeof value}`, "an export is data: use a string instead");
}

/** For an object that is neither plain nor one that the codec knows. */
export function refuseObject(path: Path, value: object): never {
  if (isThenable(value))
    return refuse(path, is.isPromise(value) ? "a promise" : "a query or promise that was not awaited", "write await before it");
  if (tableBrand in value) return refuse(path, "a Table inside a value", "export the table by its own name: export const … = table");
  if (isFigure(value)) return refuse(path, "a figure inside a value", "export the figure by its own name");
  const name = className(value);
  if (/^Weak(Map|Set|Ref)$/.test(name)) return refuse(path, `a ${name}`, "use a Map or an array of its entries");
  return refuse(path, `an instance of ${name}`, remedyFor(name, value));
}

function remedyFor(name: string, value: object): string {
  if (name === "URL") return "export its text: String(url)";
  if (name === "RegExp") return "export its source and flags as strings";
  if (/Error$/.test(name)) return "export its message";
  // Those of libraries commonly hold others.
  const plain =
    typeof findProperty(value, "toJSON")?.value === "function" ? "JSON.parse(JSON.stringify(…)), since it has a toJSON" : "{ ...fields }";
  return `turn it into plain data (${plain}), and make the instance anew from that in a function of lib/`;
}

export function className(value: object): string {
  const prototype: unknown = Object.getPrototypeOf(value);
  const { constructor } = (prototype ?? {}) as { constructor?: { name?: string } };
  return constructor?.name || "an unnamed class";
}

export function isThenable(value: object): boolean {
  const descriptor = findProperty(value, "then");
  return typeof descriptor?.value === "function";
}
