import type { AnyNode } from "acorn";

/** The node is not a literal, so its value cannot be known without running the code. */
export class NotLiteral extends Error {}

/** Names of constants, with the code that each is set to. */
export type Constants = ReadonlyMap<string, AnyNode>;

/**
 * The value of a literal in the syntax tree: objects, arrays, strings, numbers, booleans, null, arithmetic of those (`10 * minute`)
 * and constants that are set to one.
 * @throws NotLiteral
 */
export function literalValue(node: AnyNode, constants: Constants): unknown {
  const value = (of: AnyNode) => literalValue(of, constants);
  switch (node.type) {
    case "Literal":
      return node.value;
    case "TemplateLiteral":
      if (node.expressions.length > 0) return notLiteral();
      return node.quasis[0]?.value.cooked;
    case "UnaryExpression":
      return unary(node.operator, value(node.argument));
    case "BinaryExpression":
      return binary(node.operator, value(node.left), value(node.right));
    case "Identifier":
      return literalValue(constants.get(node.name) ?? notLiteral(), new Map([...constants].filter(([name]) => name !== node.name)));
    case "ArrayExpression":
      return node.elements.map((element) => (element ? value(element) : null));
    case "ObjectExpression":
      return Object.fromEntries(node.properties.map((each) => property(each, constants)));
    default:
      return notLiteral();
  }
}

function notLiteral(): never {
  throw new NotLiteral();
}

function unary(operator: string, value: unknown): unknown {
  if (operator === "!") return !value;
  if (operator === "-") return -(value as number);
  if (operator === "+") return +(value as number);
  if (operator === "void") return undefined;
  return notLiteral();
}

function binary(operator: string, left: unknown, right: unknown): unknown {
  if (typeof left === "string" && typeof right === "string" && operator === "+") return left + right;
  if (typeof left !== "number" || typeof right !== "number") return notLiteral();
  if (operator === "+") return left + right;
  if (operator === "-") return left - right;
  if (operator === "*") return left * right;
  if (operator === "/") return left / right;
  if (operator === "**") return left ** right;
  return notLiteral();
}

function property(node: AnyNode, constants: Constants): [string, unknown] {
  if (node.type !== "Property" || node.computed || node.kind !== "init") return notLiteral();
  const key = node.key.type === "Identifier" ? node.key.name : String(literalValue(node.key, constants));
  return [key, literalValue(node.value, constants)];
}
