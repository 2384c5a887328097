import { readFileSync } from "node:fs";
import { SourceMap } from "node:module";
import path from "node:path";
import type { AnyNode, Program } from "acorn";
import { fail } from "../errors.ts";
import type { Place, StepId } from "../model.ts";
import { childrenOf } from "./syntax.ts";

/** A use of a top-level name before the line that sets it. Offsets into the bundle. */
export interface EarlyUse {
  readonly name: string;
  readonly at: number;
  readonly declaredAt: number;
}

/**
 * Finds what esbuild would let pass: it makes a `var` of each top-level constant, so that a use before its line, most often between
 * modules that import each other, gives undefined. Alone, Node throws. What functions use when they are called is not looked at.
 */
export function findEarlyUses(program: Program): EarlyUse[] {
  const declared = new Map<string, number>();
  for (const statement of program.body) {
    if (statement.type !== "VariableDeclaration") continue;
    for (const { id } of statement.declarations) if (id.type === "Identifier") declared.set(id.name, statement.start);
  }
  const uses: EarlyUse[] = [];
  for (const { name, start } of program.body.flatMap(usedAtOnce)) {
    const declaredAt = declared.get(name);
    if (declaredAt !== undefined && start < declaredAt) uses.push({ name, at: start, declaredAt });
  }
  return uses;
}

type Identifier = Extract<AnyNode, { type: "Identifier" }>;

/** The names that are used while the code runs for the first time. */
function usedAtOnce(node: AnyNode): Identifier[] {
  if (node.type === "Identifier") return [node];
  if (/Function|^Import|^Export|^Break|^Continue/.test(node.type)) return [];
  return runAtOnce(node).flatMap(usedAtOnce);
}

/** Of the nodes right below, those that are more than names of members, and run when the node does. */
function runAtOnce(node: AnyNode): AnyNode[] {
  if (node.type === "MemberExpression" && !node.computed) return [node.object];
  if (node.type === "LabeledStatement") return [node.body];
  if (node.type === "Property" || node.type === "MethodDefinition" || node.type === "PropertyDefinition") {
    const value = node.type === "PropertyDefinition" && !node.static ? null : node.value;
    return [...(node.computed ? [node.key] : []), ...(value ? [value] : [])];
  }
  return childrenOf(node);
}

/** @throws E_SYNTAX where the source says `const`, `let` or `class`: a `var` is undefined when the step runs alone, too */
export function refuseEarlyUses(
  project: string,
  step: StepId,
  bundle: { readonly text: string; readonly map: string },
  uses: readonly EarlyUse[],
): void {
  if (uses.length === 0) return;
  const placeOf = sourcePlaces(bundle);
  for (const { name, at, declaredAt } of uses) {
    const [place, declared] = [placeOf(at), placeOf(declaredAt)];
    if (!place || !declared || !isConstant(project, declared)) continue;
    fail("E_SYNTAX", `${name} is used before ${declared.file}:${declared.line} sets it`, {
      step,
      place,
      remedy: "of modules that import each other, one runs before the other: use it in a function, or give it a module of its own",
    });
  }
}

/** The place in the sources, relative to the project, that an offset into the bundle comes from. */
function sourcePlaces({ text, map }: { readonly text: string; readonly map: string }): (offset: number) => Required<Place> | undefined {
  const parsed = new SourceMap(JSON.parse(map) as ConstructorParameters<typeof SourceMap>[0]);
  return (offset) => {
    const lines = text.slice(0, offset).split("\n");
    const entry = parsed.findEntry(lines.length - 1, lines.at(-1)!.length);
    if (!("originalSource" in entry)) return undefined;
    return { file: entry.originalSource, line: entry.originalLine + 1, column: entry.originalColumn + 1 };
  };
}

function isConstant(project: string, { file, line, column }: Required<Place>): boolean {
  const text = readFileSync(path.resolve(project, file), "utf8").split("\n")[line - 1] ?? "";
  return /^(?:export\s+)?(?:const|let|(?:abstract\s+)?class)\b/.test(text.slice(column - 1));
}
