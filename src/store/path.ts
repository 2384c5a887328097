/** Where a value lies inside another, from the inside out; written as text only where it is needed. */
export type Path = { readonly name: string } | { readonly parent: Path; readonly step: string | number; readonly ready?: true };

/** `.area`, or `["mean area"]`; of an array's item `[3]` */
export function keyStep(parent: Path, step: string | number): Path {
  return { parent, step };
}

/** `.get("a")` for the value of a Map's entry; `.keys()[2]` for a key or a Set's item. */
export function entryStep(parent: Path, key: unknown): Path {
  return { parent, ready: true, step: `.get(${typeof key === "bigint" ? `${key}n` : typeof key === "object" ? "…" : (JSON.stringify(key) ?? String(key))})` };
}

export function itemStep(parent: Path, index: number): Path {
  return { parent, ready: true, step: `.keys()[${index}]` };
}

/** `model.tree.root` */
export function pathText(path: Path): string {
  const steps: string[] = [];
  let at = path;
  while ("parent" in at) {
    steps.push(at.ready ? String(at.step) : stepText(at.step));
    at = at.parent;
  }
  // A long path is told by its ends.
  if (steps.length > 40) steps.splice(20, steps.length - 40, " … ");
  return at.name + steps.reverse().join("");
}

function stepText(step: string | number): string {
  if (typeof step === "number") return `[${step}]`;
  return /^[A-Za-z_$][\w$]*$/.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`;
}
