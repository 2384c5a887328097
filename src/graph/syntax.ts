import type { AnyNode, VariableDeclarator } from "acorn";

/** The nodes right below a node of the tree. */
export function childrenOf(node: AnyNode): AnyNode[] {
  return (Object.values(node) as unknown[]).flatMap((field) => (Array.isArray(field) ? (field as unknown[]) : [field])).filter(isNode);
}

function isNode(value: unknown): value is AnyNode {
  return typeof value === "object" && value !== null && typeof (value as { type?: unknown }).type === "string";
}

/** What is declared by `var` and the like among these statements. */
export function declarators(body: readonly AnyNode[]): VariableDeclarator[] {
  return body.flatMap((statement) => (statement.type === "VariableDeclaration" ? statement.declarations : []));
}
