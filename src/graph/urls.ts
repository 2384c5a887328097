import { fail } from "../errors.ts";
import type { Place, StepId } from "../model.ts";

/** Imports as Deno and browsers have them; Node finds packages by their names. */
export function isUrl(specifier: string): boolean {
  return /^(?:https?|npm|jsr|bun):/.test(specifier);
}

export function refuseUrl(specifier: string, step: StepId, place: Place): never {
  return fail("E_IMPORT", `${step} imports ${specifier}, and Node imports packages by their names`, {
    step,
    place,
    remedy: remedyFor(specifier),
  });
}

function remedyFor(specifier: string): string {
  const [, registry, name, version, rest] = /^(npm|jsr):\/?((?:@[^/]+\/)?[^/@]+)(@[^/]*)?(.*)$/.exec(specifier) ?? [];
  if (registry === undefined) return "install it as a package, or keep the file in lib/";
  return `${registry === "npm" ? "npm install" : "npx jsr add"} ${name}${version ?? ""}, and import from "${name}${rest}"`;
}
