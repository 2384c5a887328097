import type { Graph } from "../model.ts";

/** The graph as a Mermaid flowchart. Names stand in quotes and nothing in them is obeyed. */
export function mermaid({ steps }: Graph): string {
  const nodes = steps.map(({ id, unwired }) => `  ${nodeId(id)}${unwired ? `(["${label(id)}"])` : `["${label(id)}"]`}`);
  const edges = steps.flatMap((step) =>
    step.edges.map(({ from, exports }) => {
      const arrow = exports.length > 0 ? `-->|"${label(exports.join(", "))}"|` : "-.->";
      return `  ${nodeId(from)} ${arrow} ${nodeId(step.id)}`;
    }),
  );
  return ["flowchart TD", ...nodes, ...edges].join("\n");
}

/** A word that is none of Mermaid's own, whatever the step is called: `end` and `x-` would be. */
function nodeId(id: string): string {
  return `s${id.replace(/[^A-Za-z0-9]/g, (character) => `_${character.codePointAt(0)!.toString(16)}_`)}`;
}

function label(text: string): string {
  return text.replace(/["#&<>|`\\\u0000-\u001f]/g, (character) => `#${character.codePointAt(0)};`);
}
