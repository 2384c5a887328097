import type { AnyNode } from "acorn";

/** The node is not a literal, so its value cannot be known without running the code. */
export class NotLiteral extends Error {}

/**
 * The value of a literal in the syntax tree: objects, arrays, strings, numbers, booleans, null and
 * what a minifier makes of them (`!0`, `void 0`, `-1`).
 * @throws NotLiteral
 */
export function literalValue(node: AnyNode): unknown {
  switch (node.type) {
    case "Literal":
      return node.value;
    case "TemplateLiteral":
      if (node.expressions.length > 0) throw new NotLiteral();
      return node.quasis[0]?.value.cooked;
    case "UnaryExpression":
      return unary(node.operator, literalValue(node.argument));
    case "ArrayExpression":
      return node.elements.map((element) => (element ? literalValue(element) : null));
    case "ObjectExpression":
      return Object.fromEntries(node.properties.map(property));
    default:
      throw new NotLiteral();
  }
}

function unary(operator: string, value: unknown): unknown {
  if (operator === "!") return !value;
  if (operator === "-") return -(value as number);
  if (operator === "+") return +(value as number);
  if (operator === "void") return undefined;
  throw new NotLiteral();
}

function property(node: AnyNode): [string, unknown] {
  if (node.type !== "Property" || node.computed || node.kind !== "init") throw new NotLiteral();
  const key = node.key.type === "Identifier" ? node.key.name : String(literalValue(node.key));
  return [key, literalValue(node.value)];
}
