import { type AnyNode, type ExportNamedDeclaration, type Program, type Statement, type VariableDeclarator, parse } from "acorn";
import type { Digest, ParamUse } from "../model.ts";
import { digestOf } from "../store/digest.ts";
import { type EarlyUse, findEarlyUses } from "./early.ts";
import { type Constants, literalValue, NotLiteral } from "./literal.ts";
import { apiCall, inputCall } from "./names.ts";
import { childrenOf, declarators } from "./syntax.ts";
import { leavesUnawaited } from "./unawaited.ts";

/** What can be read from a step's bundle without running it. */
export interface Analysis {
  /** Hash of the code, without the config literal and imported names that nothing uses. */
  readonly digest: Digest;
  readonly parts: Record<string, Digest>;
  /** Step name → names of its exports that the code uses. */
  readonly inputs: Map<string, string[]>;
  readonly uses: string[];
  readonly params: ParamUse[];
  readonly openParams: boolean;
  /** The literal of `export const config`; NotLiteral where it is computed; undefined where there is none. */
  readonly config: unknown;
  /** Names that are used before they are set. */
  readonly early: EarlyUse[];
  readonly unawaited: boolean;
}

export function analyse(code: string): Analysis {
  const program = parse(code, { ecmaVersion: "latest", sourceType: "module", allowHashBang: true });
  const nodes = nodesOf(program);
  const calls = nodes.filter((node) => node.type === "CallExpression");
  const used = countIdentifiers(nodes);
  const [exportsConfig, config] = findConfig(program);
  const parts = declarations(program, code, config, used);
  const constants = findConstants(program, nodes);
  return {
    digest: digestOf(JSON.stringify(parts)),
    parts: named(parts),
    inputs: findInputs(calls),
    uses: calls.filter((node) => isCallOf(node, apiCall)).map((node) => textArgument(node, 0)!),
    ...findParams(program, calls, constants),
    config: exportsConfig ? configOf(config, constants) : undefined,
    early: findEarlyUses(program),
    unawaited: leavesUnawaited(program, nodes),
  };
}

/** Every node of the tree, parents first. */
function nodesOf(node: AnyNode, found: AnyNode[] = []): AnyNode[] {
  found.push(node);
  for (const child of childrenOf(node)) nodesOf(child, found);
  return found;
}

function countIdentifiers(nodes: readonly AnyNode[]): Map<string, number> {
  const counts = new Map<string, number>();
  // A set: `import { a }` and `export { a }` hold one and the same node in two places.
  for (const node of new Set(nodes)) {
    if (node.type === "Identifier") counts.set(node.name, (counts.get(node.name) ?? 0) + 1);
  }
  return counts;
}

function isCallOf(node: AnyNode, name: string): boolean {
  return node.type === "CallExpression" && node.callee.type === "Identifier" && node.callee.name === name;
}

function textArgument(node: AnyNode, index: number): string | undefined {
  const argument = node.type === "CallExpression" ? node.arguments[index] : undefined;
  return argument?.type === "Literal" && typeof argument.value === "string" ? argument.value : undefined;
}

function literalOf(node: AnyNode, constants: Constants): unknown {
  try {
    return literalValue(node, constants);
  } catch (error) {
    if (error instanceof NotLiteral) return error;
    throw error;
  }
}

function findInputs(calls: readonly AnyNode[]): Map<string, string[]> {
  const inputs = new Map<string, string[]>();
  for (const call of calls) {
    if (!isCallOf(call, inputCall)) continue;
    const [step, name] = [textArgument(call, 0)!, textArgument(call, 1)!];
    inputs.set(step, [...new Set([...(inputs.get(step) ?? []), name])].sort());
  }
  return inputs;
}

/** What is declared at the top level and set nowhere else: in a bundle every constant is a `var`. */
function findConstants(program: Program, nodes: readonly AnyNode[]): Constants {
  const constants = new Map<string, AnyNode>();
  for (const declarator of declarators(program.body))
    if (declarator.init && declarator.id.type === "Identifier") constants.set(declarator.id.name, declarator.init);
  for (const node of nodes) {
    const target = node.type === "AssignmentExpression" ? node.left : node.type === "UpdateExpression" ? node.argument : undefined;
    for (const each of target ? nodesOf(target) : []) if (each.type === "Identifier") constants.delete(each.name);
  }
  return constants;
}

function findParams(program: Program, calls: readonly AnyNode[], constants: Constants): { params: ParamUse[]; openParams: boolean } {
  const locals = new Set(
    declarators(program.body)
      .filter((d) => d.init && isCallOf(d.init, apiCall) && textArgument(d.init, 0) === "param")
      .map(localName),
  );
  const uses = calls.filter((node) => node.type === "CallExpression" && node.callee.type === "Identifier" && locals.has(node.callee.name));
  const params = uses.map((use) => paramUse(use, constants));
  return { params: params.filter((use) => use !== null), openParams: params.includes(null) };
}

function paramUse(call: AnyNode, constants: Constants): ParamUse | null {
  if (call.type !== "CallExpression") return null;
  const [name, fallback] = call.arguments.slice(0, 2).map((each) => literalOf(each, constants));
  if (typeof name !== "string") return null;
  return { name, default: isScalar(fallback) ? fallback : null, ...paramOptions(call.arguments[2], constants) };
}

/** Each that is a literal: one that is computed does not hide the others. */
function paramOptions(node: AnyNode | undefined, constants: Constants): Omit<ParamUse, "name" | "default"> {
  const object = node?.type === "Identifier" ? constants.get(node.name) : node;
  const options = new Map(
    (object?.type === "ObjectExpression" ? object.properties : []).flatMap((each) =>
      each.type === "Property" && !each.computed && each.key.type === "Identifier"
        ? [[each.key.name, literalOf(each.value, constants)] as const]
        : [],
    ),
  );
  const [doc, min, max, choices] = ["doc", "min", "max", "choices"].map((name) => options.get(name));
  return {
    ...(typeof doc === "string" ? { doc } : {}),
    ...(typeof min === "number" ? { min } : {}),
    ...(typeof max === "number" ? { max } : {}),
    ...(Array.isArray(choices) && choices.length > 0 && choices.every(isScalar) ? { choices } : {}),
  };
}

function isScalar(value: unknown): value is ParamUse["default"] {
  return value === null || ["string", "number", "boolean"].includes(typeof value);
}

function localName(declarator: VariableDeclarator): string {
  return declarator.id.type === "Identifier" ? declarator.id.name : "";
}

/** Only what is declared with its value, and set nowhere else, is known. */
function configOf(config: VariableDeclarator | undefined, constants: Constants): unknown {
  return config?.init && constants.has(localName(config)) ? literalOf(config.init, constants) : new NotLiteral();
}

/** Whether there is an export named `config`, and the declarator behind it. */
function findConfig(program: Program): [exported: boolean, declarator?: VariableDeclarator] {
  for (const statement of program.body) {
    if (statement.type !== "ExportNamedDeclaration") continue;
    const specifier = statement.specifiers.find((s) => s.exported.type === "Identifier" && s.exported.name === "config");
    if (specifier === undefined) continue;
    const found =
      specifier.local.type === "Identifier" &&
      declarators(program.body).find((declarator) => localName(declarator) === moduleName(specifier.local));
    return found ? [true, found] : [true];
  }
  return [false];
}

/** Each top-level declaration, by the names it declares, with what its text hashes to. */
function declarations(
  program: Program,
  code: string,
  config: VariableDeclarator | undefined,
  used: ReadonlyMap<string, number>,
): [names: string, text: Digest][] {
  const text = (node: { start: number; end: number }) => digestOf(code.slice(node.start, node.end));
  // `config` itself and the export specifier: a third use means that the code reads its settings.
  const settingsOnly = config && (used.get(localName(config)) ?? 0) <= 2;
  return program.body.flatMap((statement): [string, Digest][] => {
    if (statement.type === "ImportDeclaration") return [[String(statement.source.value), digestOf(usedImports(statement, used))]];
    if (statement.type === "ExportNamedDeclaration" && !statement.declaration) return [["exports", digestOf(exportedNames(statement))]];
    if (statement.type !== "VariableDeclaration") return [[declaredName(statement), text(statement)]];
    return statement.declarations.filter((d) => !(settingsOnly && d === config)).map((d) => [localName(d), text(d)]);
  });
}

function usedImports(
  statement: Extract<Statement | Program["body"][number], { type: "ImportDeclaration" }>,
  used: ReadonlyMap<string, number>,
): string {
  const names = statement.specifiers.map((specifier) => {
    const imported = specifier.type === "ImportSpecifier" ? moduleName(specifier.imported) : specifier.type;
    return (used.get(specifier.local.name) ?? 0) > 1 ? `${imported} as ${specifier.local.name}` : null;
  });
  return JSON.stringify(names.filter((name) => name !== null));
}

function exportedNames(statement: ExportNamedDeclaration): string {
  const pairs = statement.specifiers.map((specifier) => [moduleName(specifier.exported), moduleName(specifier.local)]);
  return JSON.stringify([statement.source?.value ?? null, pairs.filter(([exported]) => exported !== "config").sort()]);
}

/** `a`, or what stands in quotes in `import { "a-b" as c }`. */
function moduleName(node: AnyNode): string {
  return node.type === "Identifier" ? node.name : JSON.stringify((node as { value?: unknown }).value);
}

function declaredName(statement: Program["body"][number]): string {
  const named = statement as { id?: { name?: string } | null };
  return named.id?.name ?? "";
}

/** What esbuild puts into a bundle for itself. */
const ofEsbuild =
  /^__(?:create|defProp|getOwnPropDesc|getOwnPropNames|getProtoOf|hasOwnProp|name|require|commonJS|esm|export|copyProps|toESM|toCommonJS)$/;

/** By name, to say what changed: what the user has written. */
function named(parts: readonly [string, Digest][]): Record<string, Digest> {
  const result: Record<string, Digest> = {};
  for (const [name, digest] of parts.filter(([each]) => !ofEsbuild.test(each))) {
    const key = name || "top-level code";
    result[key] = result[key] ? digestOf(result[key] + digest) : digest;
  }
  return result;
}
