import type { AnyNode, Expression, Program } from "acorn";
import { childrenOf } from "./syntax.ts";

/**
 * Whether code calls, while it runs for the first time, async functions that it does not await: `main()`, `main().catch(…)`, `void (async () => …)()`,
 * `files.forEach(async …)`. Others may be missed: functions that give a promise without saying `async`, and those of packages.
 */
export function leavesUnawaited(program: Program): boolean {
  const asyncs = asyncNames(program);
  return statementsAtOnce(program).some((expression) => isUnawaited(bare(expression), asyncs));
}

function asyncNames({ body }: Program): Set<string> {
  const names = new Set<string>();
  for (const statement of body) {
    if (statement.type === "FunctionDeclaration" && statement.async) names.add(statement.id.name);
    if (statement.type !== "VariableDeclaration") continue;
    for (const { id, init } of statement.declarations) if (id.type === "Identifier" && isAsync(init)) names.add(id.name);
  }
  return names;
}

function isAsync(node: AnyNode | null | undefined): boolean {
  return (node?.type === "ArrowFunctionExpression" || node?.type === "FunctionExpression") && node.async;
}

/** Expressions that are statements, in blocks and loops too, but not in functions. */
function statementsAtOnce(node: AnyNode): Expression[] {
  if (node.type === "ExpressionStatement") return [node.expression];
  return /Function|Class|Expression$/.test(node.type) ? [] : childrenOf(node).flatMap(statementsAtOnce);
}

function bare(expression: Expression): Expression {
  return expression.type === "UnaryExpression" && expression.operator === "void" ? bare(expression.argument) : expression;
}

function isUnawaited(expression: Expression, asyncs: ReadonlySet<string>): boolean {
  if (expression.type !== "CallExpression") return false;
  const { callee } = expression;
  if (callee.type === "Identifier") return asyncs.has(callee.name);
  if (callee.type !== "MemberExpression" || callee.property.type !== "Identifier") return isAsync(callee);
  if (callee.property.name === "forEach") return isAsync(expression.arguments[0]);
  return /^(?:then|catch|finally)$/.test(callee.property.name);
}
