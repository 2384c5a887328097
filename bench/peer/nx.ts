import { symlinkSync } from "node:fs";
import path from "node:path";
import { outFile, scriptFile, scriptFiles, scriptText } from "../grid.ts";
import type { Peer } from "./peer.ts";
import { commitAll, ofNpm } from "./tools.ts";

/** Else they are shared between all clones of a repository, below the user's home. */
const ownFolders = { NX_CACHE_DIRECTORY: ".nx/cache", NX_WORKSPACE_DATA_DIRECTORY: ".nx/workspace-data" };

/** One project with a target a step; a target's inputs are its script and its parents' outputs, so that it can cut off. */
export const nx: Peer = {
  name: "nx",
  find: (tools) => ofNpm(tools, "nx"),
  files: (nodes) => {
    const last = nodes.filter(({ layer }) => layer === nodes.at(-1)!.layer);
    const targets = nodes.map((node) => [
      node.id,
      {
        executor: "nx:run-commands",
        options: { command: `node ${scriptFile(node)}` },
        dependsOn: node.parents,
        inputs: [`{projectRoot}/${scriptFile(node)}`, { dependentTasksOutputFiles: "**/*.json" }],
        outputs: [`{projectRoot}/${outFile(node.id)}`],
        cache: true,
      },
    ]);
    const all = { executor: "nx:noop", dependsOn: last.map(({ id }) => id) };
    return {
      ...scriptFiles(nodes),
      "package.json": JSON.stringify({ name: "grid", private: true, type: "module" }),
      "nx.json": JSON.stringify({ analytics: false, neverConnectToCloud: true }),
      "project.json": JSON.stringify({ name: "grid", root: ".", targets: { all, ...Object.fromEntries(targets) } }),
      ".gitignore": "node_modules\n.nx\nout\n",
    };
  },
  source: (node, comment) => [scriptFile(node), scriptText(node, comment)],
  begin: (program, project) => {
    symlinkSync(path.dirname(path.dirname(program)), path.join(project, "node_modules"));
    commitAll(project);
  },
  command: (program, cwd) => ({
    file: program,
    words: ["run", "grid:all", "--parallel=2"],
    cwd,
    env: { NX_DAEMON: "false", NX_TUI: "false", NX_NO_CLOUD: "true", ...ownFolders },
  }),
  keeps: ["out", ".nx"],
};
