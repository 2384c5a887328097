import type { Context } from "hono";
import { fail } from "../../errors.ts";
import { nearest } from "../../nearest.ts";
import type { Schema } from "./schema.ts";

// A program that is answered something else than it asked for does not notice: what is not understood is refused.

/** @param known the words of this address. @throws E_USAGE */
export function refuseUnknown(context: Context, known: Readonly<Record<string, Schema>> = {}): void {
  const names = Object.keys(known);
  const odd = Object.keys(context.req.query()).find((name) => !names.includes(name));
  if (odd === undefined) return;
  fail("E_USAGE", `"${odd.slice(0, 100)}" is nothing that may be asked for here`, {
    remedy: names.length === 0 ? "leave it out" : nearest(odd.slice(0, 100), names),
  });
}

/** A whole number, at most so large. @throws E_USAGE */
export function wholeAsked(context: Context, name: string, standard: number, most: number): number {
  const text = context.req.query(name);
  if (text === undefined) return standard;
  return /^\d{1,15}$/.test(text)
    ? Math.min(Number(text), most)
    : fail("E_USAGE", `${name} "${text.slice(0, 100)}" is not a whole number`, { remedy: `such as ${name}=${standard}` });
}

/** Whether from the largest to the smallest. @throws E_USAGE */
export function downAsked(context: Context): boolean {
  const text = context.req.query("down") ?? "";
  return ["", "0", "1"].includes(text)
    ? text === "1"
    : fail("E_USAGE", `down "${text.slice(0, 100)}" is neither 1 nor 0`, { remedy: "down=1: from the largest to the smallest" });
}

/** A column to sort by, or null. @throws E_USAGE where there is none of that name */
export function sortAsked(context: Context, columns: readonly string[]): string | null {
  const name = context.req.query("sort") ?? "";
  if (name === "" || columns.includes(name)) return name || null;
  return fail("E_USAGE", `the table has no column "${name.slice(0, 100)}"`, { remedy: nearest(name.slice(0, 100), columns) });
}
