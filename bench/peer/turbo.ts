import { scriptText, type Node } from "../grid.ts";
import type { Peer } from "./peer.ts";
import { commitAll, ofNpm } from "./tools.ts";

const out = (id: string) => `../${id}/out.json`;
const script = ({ id }: Node) => `packages/${id}/index.mjs`;

/** A package a step, as turbo has its graph from workspaces. */
export const turbo: Peer = {
  name: "turbo",
  find: (tools) => ofNpm(tools, "turbo"),
  files: (nodes) => {
    const packages = nodes.map(({ id, parents }) => {
      const dependencies = Object.fromEntries(parents.map((parent) => [parent, "*"]));
      return [
        `packages/${id}/package.json`,
        JSON.stringify({ name: id, version: "1.0.0", type: "module", scripts: { build: "node index.mjs" }, dependencies }),
      ];
    });
    const task = { dependsOn: ["^build"], inputs: ["index.mjs"], outputs: ["out.json"], passThroughEnv: ["RAN"] };
    return {
      ...Object.fromEntries(packages),
      ...Object.fromEntries(nodes.map((node) => [script(node), scriptText(node, "", out)])),
      "package.json": JSON.stringify({ name: "grid", private: true, packageManager: "npm@10.8.2", workspaces: ["packages/*"] }),
      "package-lock.json": JSON.stringify({ name: "grid", lockfileVersion: 3, packages: lock(nodes) }),
      "turbo.json": JSON.stringify({ tasks: { build: task } }),
      ".gitignore": "out.json\n.turbo\nnode_modules\n",
    };
  },
  source: (node, comment) => [script(node), scriptText(node, comment, out)],
  begin: (_program, project) => commitAll(project),
  command: (program, cwd) => ({
    file: program,
    words: ["run", "build", "--concurrency=2", "--output-logs=errors-only"],
    cwd,
    env: { TURBO_TELEMETRY_DISABLED: "1", TURBO_NO_UPDATE_NOTIFIER: "1" },
  }),
  keeps: [".turbo", "node_modules/.cache"],
};

function lock(nodes: readonly Node[]): Record<string, unknown> {
  const packages = nodes.flatMap(({ id, parents }) => [
    [`packages/${id}`, { name: id, version: "1.0.0", dependencies: Object.fromEntries(parents.map((parent) => [parent, "*"])) }],
    [`node_modules/${id}`, { resolved: `packages/${id}`, link: true }],
  ]);
  return { "": { name: "grid", workspaces: ["packages/*"] }, ...Object.fromEntries(packages) };
}
