import { type AnyNode, parse, type VariableDeclaration } from "acorn";

/** `const a=1,b=2;` as `const a=1;const b=2;`: a minifier joins what a reader wants on lines of its own. */
export function oneByOne(code: string): string {
  const commas = [...declarations(parse(code, { ecmaVersion: "latest", sourceType: "module" }))].flatMap(({ kind, declarations: all }) =>
    all.slice(1).map((next, index) => ({ from: all[index]!.end, to: next.start, text: `;${kind} ` })),
  );
  let result = "";
  let at = 0;
  for (const { from, to, text } of commas.sort((a, b) => a.from - b.from)) {
    result += code.slice(at, from) + text;
    at = to;
  }
  return result + code.slice(at);
}

/** Those that are statements of a body; the head of a `for` must stay whole. */
function* declarations(node: AnyNode): Generator<VariableDeclaration> {
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? value : [value]) {
      if (!child || typeof (child as AnyNode).type !== "string") continue;
      if ((child as AnyNode).type === "VariableDeclaration" && isBody(node, value)) yield child as VariableDeclaration;
      yield* declarations(child as AnyNode);
    }
  }
}

function isBody(parent: AnyNode, value: unknown): boolean {
  return Array.isArray(value) && /^(?:Program|BlockStatement|StaticBlock|SwitchCase)$/.test(parent.type);
}
