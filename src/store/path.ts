/** Where a value lies inside another, from the inside out; written as text only where it is needed. */
export type Path =
  { readonly name: string } | { readonly parent: Path; readonly key: string | number } | { readonly parent: Path; readonly step: string };

/** `.area`, or `["mean area"]`; of an array's item `[3]` */
export function keyStep(parent: Path, key: string | number): Path {
  return { parent, key };
}

/** `.get("a")` for the value of a Map's entry; `.keys()[2]` for a key or a Set's item. */
export function entryStep(parent: Path, key: unknown): Path {
  return {
    parent,
    step: `.get(${typeof key === "bigint" ? `${key}n` : typeof key === "object" ? "…" : (JSON.stringify(key) ?? String(key))})`,
  };
}

export function itemStep(parent: Path, index: number): Path {
  return { parent, step: `.keys()[${index}]` };
}

/** `model.tree.root` */
export function pathText(path: Path): string {
  const steps: string[] = [];
  let at = path;
  while ("parent" in at) {
    steps.push("key" in at ? keyText(at.key) : at.step);
    at = at.parent;
  }
  // A long path is told by its ends.
  if (steps.length > 40) steps.splice(20, steps.length - 40, " … ");
  return at.name + steps.reverse().join("");
}

function keyText(key: string | number): string {
  return typeof key === "string" && /^[A-Za-z_$][\w$]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}
