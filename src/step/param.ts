import { fail } from "../errors.ts";
import { beyondLimits } from "../param-limits.ts";
import { readParam } from "../param-text.ts";
import { digestOf } from "../store/digest.ts";
import { here } from "./here.ts";
import { perHost, type Host } from "./host.ts";

/** What a param may be. Its kind is that of its default; a default of null takes text. */
export type ParamValue = string | number | boolean | null;

export interface ParamOptions<Value extends ParamValue = ParamValue> {
  /** One line that says what it is for; shown in the form of a run. */
  readonly doc?: string;
  /** Least number allowed. */
  readonly min?: number;
  /** Greatest number allowed. */
  readonly max?: number;
  /** The only values allowed. */
  readonly choices?: readonly Value[];
}

type Widened<Value> = Value extends number ? number : Value extends string ? string : Value extends boolean ? boolean : string | null;

/**
 * A value that a run may set (`-p test_split_ratio=0.2`); `standard` where it does not. The step is run again
 * when the value has changed.
 *
 * ```ts
 * const ratio = param("test_split_ratio", 0.3, { doc: "share of rows kept for the test", min: 0, max: 1 });
 * const weights = param("weights", "uniform", { choices: ["uniform", "distance"] }); // "uniform" | "distance"
 * ```
 *
 * The default's kind is the param's: for a number the text must be one (`0.2`, `1e-3`), for a boolean it is
 * true or false, any other text is taken as it is; for a default of null the value is a string or null.
 *
 * @throws E_PARAM_VALUE for a value of another kind, out of range or not among the choices, naming both
 */
export function param<const Value extends ParamValue>(
  name: string,
  standard: NoInfer<Value>,
  options: ParamOptions<Value> & { readonly choices: readonly Value[] },
): Value;
export function param<const Value extends ParamValue>(
  name: string,
  standard: Value,
  options?: ParamOptions<Widened<Value>>,
): Widened<Value>;
export function param(name: string, standard: ParamValue, options: ParamOptions = {}): ParamValue {
  const host = here();
  refuseOtherDefault(host, name, standard);
  check(name, standard, options, `the default of param ${name}`);
  const given = Object.hasOwn(host.params, name) ? host.params[name] : undefined;
  const value = given === undefined ? standard : parse(name, given, standard, options);
  if (given !== undefined) check(name, value, options, `param ${name}`);
  const shown = JSON.stringify(value);
  host.note({ kind: "param", name, digest: digestOf(shown), shown, fallback: digestOf(JSON.stringify(standard)) });
  return value;
}

/** In one step a name means one thing. Standalone, several steps share the process and may each have theirs. */
function refuseOtherDefault(host: Host, name: string, standard: ParamValue): void {
  const defaults = perHost(host, "params", () => new Map<string, ParamValue>());
  const known = defaults.get(name);
  if (host.mode === "runner" && known !== undefined && !Object.is(known, standard)) {
    fail("E_PARAM_VALUE", `param ${name} has two defaults in this step: ${JSON.stringify(known)} and ${JSON.stringify(standard)}`, {
      remedy: "call param once, in lib/ if several files need it, and use its value",
    });
  }
  defaults.set(name, standard);
}

function parse(name: string, text: string, standard: ParamValue, options: ParamOptions): ParamValue {
  const value = readParam(text, standard);
  return value ?? refuse(name, text, options, typeof standard === "number" ? "a number, such as 0.3" : "true or false");
}

function check(name: string, value: ParamValue, options: ParamOptions, what: string): void {
  const expected = beyondLimits(value, options);
  if (expected !== undefined) refuse(name, value, options, expected, what);
}

function refuse(name: string, value: ParamValue, { doc }: ParamOptions, expected: string, what = `param ${name}`): never {
  const shown = typeof value === "string" ? JSON.stringify(value) : String(value);
  return fail("E_PARAM_VALUE", `${what} is ${shown}, and must be ${expected}`, {
    remedy: `${doc ? `${name}: ${doc}; ` : ""}give it as -p ${name}=…`,
  });
}
