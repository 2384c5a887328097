import path from "node:path";
import { outFile, scriptFile, scriptFiles, scriptText } from "../grid.ts";
import type { Peer } from "./peer.ts";
import { ofNpm } from "./tools.ts";

export const wireit: Peer = {
  name: "wireit",
  find: (tools) => ofNpm(tools, "wireit"),
  files: (nodes) => {
    const last = nodes.filter(({ layer }) => layer === nodes.at(-1)!.layer);
    const configs = nodes.map((node) => [
      node.id,
      { command: `node ${scriptFile(node)}`, files: [scriptFile(node)], output: [outFile(node.id)], dependencies: node.parents },
    ]);
    const scripts = Object.fromEntries(["all", ...nodes.map(({ id }) => id)].map((name) => [name, "wireit"]));
    const config = { all: { dependencies: last.map(({ id }) => id) }, ...Object.fromEntries(configs) };
    return { ...scriptFiles(nodes), "package.json": JSON.stringify({ type: "module", scripts, wireit: config }) };
  },
  source: (node, comment) => [scriptFile(node), scriptText(node, comment)],
  command: (program, cwd) => {
    const env = {
      WIREIT_PARALLEL: "2",
      WIREIT_LOGGER: "simple",
      PATH: `${path.dirname(program)}${path.delimiter}${process.env["PATH"] ?? ""}`,
    };
    return { file: "npm", words: ["run", "--silent", "all"], cwd, env };
  },
  keeps: ["out", ".wireit"],
};
