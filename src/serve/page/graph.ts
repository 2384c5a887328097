import dagre from "@dagrejs/dagre";
import type { Edge } from "../../model.ts";
import { formatDuration } from "../../report/format.ts";
import type { LaidOut } from "../answer.ts";
import { type Cell, readNotebook } from "../data/cells.ts";
import { html, type Html } from "../html.ts";
import { failureBox } from "../part/failure.ts";
import { badge, type CellState } from "../part/icons.ts";
import type { Site } from "../site.ts";
import { layout, runLine } from "./layout.ts";

const [nodeWidth, nodeHeight] = [184, 56];

/** The steps and what goes from one to the next, with their states. */
export async function graphPage(site: Site, exports: boolean): Promise<LaidOut> {
  const { cells, run, failure } = await readNotebook(site);
  const states = [...new Set(cells.map(({ state }) => state))];
  const main = html`<h1>Graph</h1>${run && html`<div class="run-head">${runLine(run)}</div>`}
${failure && (await failureBox(site, failure))}
<p class="legend">${states.map((state: CellState) => badge(state))}<a class="right" href="/graph${!exports && "?exports=1"}">${exports ? "Hide" : "Show"} what crosses each edge</a></p>
<div class="scroll graph-box" tabindex="0" role="region" aria-label="Graph of the steps">${cells.length === 0 ? html`<p class="empty">No step yet.</p>` : drawing(cells.map(nodeOf), exports, "/")}</div>`;
  return layout(site, { title: "Graph", at: "/graph", main });
}

/** A step as the drawing needs it. */
export interface Node extends Pick<Cell, "id" | "state"> {
  readonly edges: readonly Edge[];
  /** Beside its state: how long it took, or how far it is. */
  readonly time: string;
}

/** @param page the address of the notebook that a step's link leads into; none: this very page */
export function drawing(cells: readonly Node[], exports: boolean, page = ""): Html {
  const graph = new dagre.graphlib.Graph();
  graph.setGraph({ rankdir: "TB", nodesep: 28, ranksep: exports ? 64 : 46, marginx: 12, marginy: 12 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { id } of cells) graph.setNode(id, { width: nodeWidth, height: nodeHeight });
  const edges = cells.flatMap((cell) => cell.edges.filter(({ from }) => graph.hasNode(from)).map((edge) => ({ ...edge, to: cell.id })));
  for (const { from, to, exports: names } of edges)
    graph.setEdge(
      from,
      to,
      exports ? { width: 7 * Math.max(0, ...names.map((name) => name.length)), height: 14 * names.length, labelpos: "c" } : {},
    );
  dagre.layout(graph);
  const { width = 0, height = 0 } = graph.graph() as { width?: number; height?: number };
  const [wide, high] = [Math.ceil(width), Math.ceil(height)];
  return html`<svg class="graph" width="${wide}" height="${high}" viewBox="0 0 ${wide} ${high}" role="group" aria-label="Graph of the steps">
<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0.8 L7 4 L0 7.2" fill="none" stroke="context-stroke" stroke-width="1.3"/></marker></defs>
${edges.map((edge) => edgePart(graph.edge(edge.from, edge.to) as EdgeLayout, edge, exports))}
${cells.map((cell) => nodePart(graph.node(cell.id) as Point, cell, page))}</svg>`;
}

interface Point {
  readonly x: number;
  readonly y: number;
}

interface EdgeLayout extends Partial<Point> {
  readonly points: readonly Point[];
}

function edgePart(
  { points, x, y }: EdgeLayout,
  { from, to, exports: names }: { from: string; to: string; exports: readonly string[] },
  labelled: boolean,
): Html {
  const label = names.length > 0 ? names.join(", ") : "order only";
  const shown =
    labelled &&
    x !== undefined &&
    y !== undefined &&
    names.map(
      (name, index) =>
        html`<text class="edge-name" x="${x.toFixed(1)}" y="${(y + 4 + 14 * (index - (names.length - 1) / 2)).toFixed(1)}">${name}</text>`,
    );
  return html`<g class="edge${names.length === 0 && " order"}"><title>${from} → ${to}: ${label}</title><path d="${curve(points)}" marker-end="url(#tip)"/>${shown}</g>`;
}

/** A smooth line through the points: each inner one bends it. */
function curve(points: readonly Point[]): string {
  const at = ({ x, y }: Point) => `${x.toFixed(1)} ${y.toFixed(1)}`;
  const middle = (a: Point, b: Point): Point => ({ x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 });
  const [first, ...rest] = points as [Point, ...Point[]];
  const bends = rest
    .slice(0, -1)
    .map((point, index) => `Q${at(point)} ${at(index === rest.length - 2 ? rest.at(-1)! : middle(point, rest[index + 1]!))}`);
  return `M${at(first)} ${bends.join(" ")} L${at(rest.at(-1)!)}`;
}

function nodeOf({ id, state, step, row, live }: Cell): Node {
  const time = live?.progress?.total
    ? `${Math.round((100 * live.progress.done) / live.progress.total)} %`
    : row && row.ms > 0
      ? formatDuration(row.ms)
      : "";
  return { id, state, edges: step?.edges ?? [], time };
}

function nodePart({ x, y }: Point, { id, state, time }: Node, page: string): Html {
  const [left, top] = [(x - nodeWidth / 2).toFixed(1), (y - nodeHeight / 2).toFixed(1)];
  const name = id.length > 19 ? `${id.slice(0, 18)}…` : id;
  return html`<a href="${page}#step-${id}" class="node s-${state}"><title>${id}: ${state}</title><rect x="${left}" y="${top}" width="${nodeWidth}" height="${nodeHeight}" rx="9"/><rect class="stripe" x="${left}" y="${Number(top) + 10}" width="4" height="${nodeHeight - 20}" rx="2"/><text x="${Number(left) + 16}" y="${Number(top) + 24}">${name}</text><text class="state" x="${Number(left) + 16}" y="${Number(top) + 42}">${state === "never" ? "not run" : state}${time && ` · ${time}`}</text></a>`;
}
