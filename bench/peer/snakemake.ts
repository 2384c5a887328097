import { outFile, scriptFile, scriptFiles, scriptText } from "../grid.ts";
import type { Peer } from "./peer.ts";
import { ofPip } from "./tools.ts";

export const snakemake: Peer = {
  name: "Snakemake",
  find: (tools) => ofPip(tools, "snakemake"),
  files: (nodes) => {
    const quoted = (files: readonly string[]) => files.map((file) => JSON.stringify(file)).join(", ");
    const rules = nodes.map((node) => {
      return `rule ${node.id}:\n    input: ${quoted([scriptFile(node), ...node.parents.map(outFile)])}\n    output: ${quoted([outFile(node.id)])}\n    shell: "node ${scriptFile(node)}"\n`;
    });
    return { ...scriptFiles(nodes), Snakefile: `rule all:\n    input: ${quoted(nodes.map(({ id }) => outFile(id)))}\n${rules.join("")}` };
  },
  source: (node, comment) => [scriptFile(node), scriptText(node, comment)],
  command: (program, cwd) => ({ file: program, words: ["--cores", "2", "--quiet", "all"], cwd }),
  keeps: ["out", ".snakemake"],
};
