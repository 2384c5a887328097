import type { AnyNode, Expression, Program } from "acorn";
import { childrenOf, declarators } from "./syntax.ts";

/**
 * Whether code calls, while it runs for the first time, async functions that it does not await: `main()`, `main().catch(…)`, `void (async () => …)()`,
 * `files.forEach(async …)`, `trainer.run()`. Others may be missed: functions that give a promise without saying `async`, and those of packages.
 * @param nodes all of the program
 */
export function leavesUnawaited(program: Program, nodes: readonly AnyNode[]): boolean {
  const methods = asyncMethods(nodes);
  return [program.body, ...commonJsBodies(program)].some((body) => {
    const asyncs = { functions: asyncFunctions(body), methods };
    return body.flatMap(statementsAtOnce).some((expression) => isUnawaited(bare(expression), asyncs));
  });
}

/** Names of what is declared `async`. */
interface Asyncs {
  readonly functions: ReadonlySet<string>;
  readonly methods: ReadonlySet<string>;
}

/** The code of CommonJS modules, which esbuild turns into functions: `var require_x = __commonJS({ "x.ts"(exports, module) {…} })`. */
function commonJsBodies({ body }: Program): AnyNode[][] {
  const given = declarators(body).flatMap(({ init }) =>
    init?.type === "CallExpression" && init.callee.type === "Identifier" && init.callee.name === "__commonJS" ? init.arguments : [],
  );
  const modules = given.flatMap((each) => (each.type === "ObjectExpression" ? each.properties : []));
  return modules.flatMap((module) =>
    module.type === "Property" && module.value.type === "FunctionExpression" ? [module.value.body.body] : [],
  );
}

function asyncMethods(nodes: readonly AnyNode[]): Set<string> {
  const members = nodes.filter(
    (node) => node.type === "MethodDefinition" || node.type === "Property" || node.type === "PropertyDefinition",
  );
  return new Set(members.flatMap(({ key, value }) => (key.type === "Identifier" && isAsync(value) ? [key.name] : [])));
}

function asyncFunctions(body: readonly AnyNode[]): Set<string> {
  const declared = body.flatMap((statement) =>
    statement.type === "FunctionDeclaration" && statement.async && statement.id ? [statement.id.name] : [],
  );
  const set = declarators(body).flatMap(({ id, init }) => (id.type === "Identifier" && isAsync(init) ? [id.name] : []));
  return new Set([...declared, ...set]);
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

function isUnawaited(expression: Expression, { functions, methods }: Asyncs): boolean {
  if (expression.type !== "CallExpression") return false;
  const { callee } = expression;
  if (callee.type === "Identifier") return functions.has(callee.name);
  if (callee.type !== "MemberExpression" || callee.property.type !== "Identifier") return isAsync(callee);
  if (callee.property.name === "forEach") return isAsync(expression.arguments[0]);
  return methods.has(callee.property.name) || /^(?:then|catch|finally)$/.test(callee.property.name);
}
