import { outFile, scriptFile, scriptFiles, scriptText } from "../grid.ts";
import type { Peer } from "./peer.ts";
import { ofSystem } from "./tools.ts";

export const ninja: Peer = {
  name: "ninja",
  find: () => ofSystem("ninja"),
  files: (nodes) => {
    const builds = nodes.map((node) => `build ${outFile(node.id)}: run ${scriptFile(node)} | ${node.parents.map(outFile).join(" ")}\n`);
    return { ...scriptFiles(nodes), "build.ninja": `rule run\n  command = node $in\n${builds.join("")}` };
  },
  source: (node, comment) => [scriptFile(node), scriptText(node, comment)],
  command: (program, cwd) => ({ file: program, words: ["-j", "2"], cwd }),
  keeps: ["out", ".ninja_log", ".ninja_deps"],
};
