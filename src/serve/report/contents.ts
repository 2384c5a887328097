import type { MimeBundle } from "../../model.ts";
import { countOf, formatBytes } from "../../report/format.ts";
import { isForPages } from "../part/figure.ts";
import type { Document, DocumentCell } from "./document.ts";
import type { Output } from "./outputs.ts";

/** What a shared file holds, line by line: whoever hands it on should know. */
export function contentsOf({ cells, run }: Document): string[] {
  const code = cells.filter((cell) => cell.code !== null).length;
  const params = Object.entries(run.params).map(([name, value]) => `${name}=${value}`);
  return [
    ...(code > 0 ? [`the code of ${countOf(code, "step")}`] : []),
    ...(params.length > 0 ? [`the params of the run: ${params.join(", ")}`] : []),
    ...cells.flatMap((cell) => cell.outputs.map((output) => outputLine(cell, output))),
    ...cells.flatMap(({ id, log }) =>
      log
        ? [
            `log of ${id}: ${log.cut ? `the last ${countOf(log.lines.length, "line")} of ${formatBytes(log.bytes)}` : countOf(log.lines.length, "line")}`,
          ]
        : [],
    ),
    ...cells.flatMap(({ id, failure }) => (failure ? [`the failure of ${id}, with its stack`] : [])),
  ];
}

function outputLine({ id }: DocumentCell, output: Output): string {
  switch (output.kind) {
    case "table":
      return `table ${id}.${output.name}: ${output.rows.length < output.total ? `${output.rows.length.toLocaleString("en-US")} of ` : ""}${countOf(output.total, "row")}, ${countOf(output.schema.length, "column")}`;
    case "value":
      return `value ${id}.${output.name}`;
    case "figure":
      return `figure ${id}.${output.name}${drawnWhere(output.bundle)}`;
    case "display":
      return `${output.name} of ${id}${drawnWhere(output.bundle)}`;
    case "recorded":
      return `a row of ${output.table}, recorded by ${id}`;
    case "mirrored":
      return `the name of the mirrored table ${output.table}`;
    case "model":
      return `metrics of the model ${output.name}, not the model`;
    case "missing":
      return `not ${id}.${output.name}: ${output.why}`;
  }
}

function drawnWhere(bundle: MimeBundle): string {
  return isForPages(bundle) ? ", which is drawn in the pages only" : "";
}
