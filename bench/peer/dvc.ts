import { execFileSync } from "node:child_process";
import { outFile, scriptFile, scriptFiles, scriptText } from "../grid.ts";
import type { Peer } from "./peer.ts";
import { ofPip } from "./tools.ts";

/** It runs one stage at a time. */
export const dvc: Peer = {
  name: "DVC",
  find: (tools) => ofPip(tools, "dvc"),
  files: (nodes) => {
    const stages = nodes.map((node) => [
      node.id,
      { cmd: `node ${scriptFile(node)}`, deps: [scriptFile(node), ...node.parents.map(outFile)], outs: [outFile(node.id)] },
    ]);
    return { ...scriptFiles(nodes), "dvc.yaml": JSON.stringify({ stages: Object.fromEntries(stages) }) };
  },
  source: (node, comment) => [scriptFile(node), scriptText(node, comment)],
  begin: (program, project) => {
    execFileSync(program, ["init", "--no-scm", "--quiet"], { cwd: project });
    for (const [name, value] of [
      ["core.analytics", "false"],
      ["core.check_update", "false"],
    ] as const)
      execFileSync(program, ["config", name, value], { cwd: project });
  },
  command: (program, cwd) => ({ file: program, words: ["repro", "--quiet"], cwd }),
  keeps: ["out", "dvc.lock", ".dvc/cache", ".dvc/tmp"],
};
