import type { ParamUse } from "./model.ts";

type Limits = Pick<ParamUse, "min" | "max" | "choices">;

/** What a param must be where this value is not among its choices or out of its range; undefined where it is allowed. */
export function beyondLimits(value: ParamUse["default"], { min, max, choices }: Limits): string | undefined {
  if (choices && !choices.includes(value)) return choices.map((choice) => JSON.stringify(choice)).join(" or ");
  if (typeof value !== "number") return undefined;
  if (!Number.isFinite(value)) return "a finite number";
  return (min !== undefined && value < min) || (max !== undefined && value > max) ? `a number ${rangeOf({ min, max })}` : undefined;
}

/** `from 0 to 1`; undefined where there is no end. */
export function rangeOf({ min, max }: { readonly min?: number | undefined; readonly max?: number | undefined }): string | undefined {
  if (min !== undefined && max !== undefined) return `from ${min} to ${max}`;
  return min !== undefined ? `from ${min} up` : max !== undefined ? `up to ${max}` : undefined;
}
