import { commandIn } from "../command-name.ts";
import { fail } from "../errors.ts";
import { shortestSecret } from "../mask.ts";
import { here } from "./here.ts";
import { secretsOf } from "./secrets.ts";

/**
 * The value of an environment variable that nobody is to see: a password, a token, a key. It is a plain string, to be
 * handed to what needs it. What is printed, thrown, displayed or recorded is kept without it; a value that holds it, at
 * any place, is refused as an export, display, row or model. Another value makes the step run again, by a keyed hash.
 *
 * ```ts
 * const page = await fetch(url, { headers: { authorization: `Bearer ${secret("API_TOKEN")}` } });
 * ```
 *
 * @throws E_SECRET where the variable is not set, or shorter than 4 characters: those would be found in any text
 */
export function secret(name: string): string {
  const host = here();
  const value = process.env[name];
  if (value === undefined || value === "") {
    return fail("E_SECRET", `the secret ${name} is not set`, {
      remedy: `set the environment variable: ${name}=… ${commandIn(host.project)}, or node --env-file=.env`,
    });
  }
  if (value.length < shortestSecret) {
    return fail("E_SECRET", `the secret ${name} has fewer than ${shortestSecret} characters, which cannot be told from other text`, {
      remedy: "use a longer one",
    });
  }
  secretsOf(host).add(name, value);
  host.secret(name, value);
  return value;
}
