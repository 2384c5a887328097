/** A trivial step, and the two of the layer before that it imports. */
export interface Node {
  readonly id: string;
  readonly layer: number;
  readonly place: number;
  readonly parents: readonly string[];
}

/** Layers of steps, each importing two of the layer before. */
export function grid(layers: number, width: number): Node[] {
  const id = (layer: number, place: number) => `s${layer}x${place % width}`;
  return Array.from({ length: layers * width }, (_, index) => {
    const [layer, place] = [Math.floor(index / width), index % width];
    return { id: id(layer, place), layer, place, parents: layer === 0 ? [] : [id(layer - 1, place), id(layer - 1, place + 1)] };
  });
}

/** The step in the middle, whose comment is edited. */
export function middle(nodes: readonly Node[]): Node {
  return nodes.find(({ layer, place }) => layer === 5 && place === 5)!;
}

export function stepFile({ id, layer }: Pick<Node, "id" | "layer">): string {
  return `steps/${layer + 10}_${id}.ts`;
}

/** The step as a module. */
export function stepText(node: Node, comment = "", config = ""): string {
  const imports = node.parents.map((id, i) => `import { x as p${i} } from "./${node.layer + 9}_${id}.ts";\n`).join("");
  const sum = ["1", ...node.parents.map((_, i) => `p${i}`)].join(" + ");
  return `${comment}${imports}${config}export const x = (${sum}) % 1000;\n`;
}

export function stepFiles(nodes: readonly Node[], config = ""): Record<string, string> {
  return Object.fromEntries(nodes.map((node) => [stepFile(node), stepText(node, "", config)]));
}

export const scriptFile = ({ id }: Pick<Node, "id">): string => `steps/${id}.mjs`;
export const outFile = (id: string): string => `out/${id}.json`;

/** The same step as a script of its own, for tools that run commands: it reads its parents' files and writes its own. */
export function scriptText(node: Node, comment = "", out: (id: string) => string = outFile): string {
  return `${comment}import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
const read = (file) => JSON.parse(readFileSync(file, "utf8")).x;
const x = (${["1", ...node.parents.map((id) => `read(${JSON.stringify(out(id))})`)].join(" + ")}) % 1000;
writeFileSync(${JSON.stringify(out(node.id))}, JSON.stringify({ x }));
if (process.env.RAN) appendFileSync(process.env.RAN, "1");
`;
}

export function scriptFiles(nodes: readonly Node[]): Record<string, string> {
  return Object.fromEntries(nodes.map((node) => [scriptFile(node), scriptText(node)]));
}
