import { outFile, scriptFile, scriptFiles, scriptText } from "../grid.ts";
import type { Peer } from "./peer.ts";
import { ofSystem } from "./tools.ts";

export const make: Peer = {
  name: "make",
  find: () => ofSystem("make"),
  files: (nodes) => {
    const rules = nodes.map((node) => `${outFile(node.id)}: ${scriptFile(node)} ${node.parents.map(outFile).join(" ")}\n\tnode $<\n`);
    return { ...scriptFiles(nodes), Makefile: `all: ${nodes.map(({ id }) => outFile(id)).join(" ")}\n${rules.join("")}` };
  },
  source: (node, comment) => [scriptFile(node), scriptText(node, comment)],
  command: (program, cwd) => ({ file: program, words: ["-j2", "-s"], cwd }),
  keeps: ["out"],
};
