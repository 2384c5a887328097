import { outFile, scriptFile, scriptFiles, scriptText } from "../grid.ts";
import type { Peer } from "./peer.ts";
import { commitAll, ofNpm } from "./tools.ts";

export const moon: Peer = {
  name: "moon",
  find: (tools) => ofNpm(tools, "moon"),
  files: (nodes) => {
    const last = nodes.filter(({ layer }) => layer === nodes.at(-1)!.layer);
    const tasks = nodes.map((node) => [
      node.id,
      {
        command: `node ${scriptFile(node)}`,
        deps: node.parents.map((id) => `~:${id}`),
        inputs: [`/${scriptFile(node)}`],
        outputs: [`/${outFile(node.id)}`],
      },
    ]);
    const all = { command: "noop", deps: last.map(({ id }) => `~:${id}`), options: { cache: false } };
    return {
      ...scriptFiles(nodes),
      ".moon/workspace.yml": JSON.stringify({ projects: { grid: "." }, telemetry: false, vcs: { client: "git", defaultBranch: "main" } }),
      "moon.yml": JSON.stringify({ tasks: { all, ...Object.fromEntries(tasks) } }),
      ".gitignore": "node_modules\n.moon/cache\nout\n",
    };
  },
  source: (node, comment) => [scriptFile(node), scriptText(node, comment)],
  begin: (_program, project) => commitAll(project),
  command: (program, cwd) => ({
    file: program,
    words: ["run", "grid:all", "--concurrency", "2", "--quiet"],
    cwd,
    env: { MOON_TOOLCHAIN_FORCE_GLOBALS: "true" },
  }),
  keeps: ["out", ".moon/cache"],
};
