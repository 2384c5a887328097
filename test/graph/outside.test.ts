import { builtinModules } from "node:module";
import { expect, test } from "vitest";
import { mayReachOutside } from "../../src/graph/outside.ts";

/** By which code starts processes and threads, listens and connects, or gets at a module that does. */
const reaching = [
  "child_process",
  "cluster",
  "dgram",
  "dns",
  "dns/promises",
  "http",
  "http2",
  "https",
  "inspector",
  "module",
  "net",
  "process",
  "repl",
  "tls",
  "tty",
  "v8",
  "vm",
  "wasi",
  "worker_threads",
];

test("modules that reach outside are told by their names, with and without node:", () => {
  for (const name of reaching)
    for (const specifier of [name, `node:${name}`]) expect(mayReachOutside("", [specifier]), specifier).toBe(true);
  expect(reaching.filter((name) => !builtinModules.includes(name))).toEqual([]);
  for (const specifier of ["fs", "node:fs/promises", "node:path", "node:crypto"])
    expect(mayReachOutside("", [specifier]), specifier).toBe(false);
});

test("packages may do anything, and so may modules of Node that are not known", () => {
  for (const specifier of ["zx", "@scope/name", "./file.node", "node:sqlite", "#internal"])
    expect(mayReachOutside("", [specifier]), specifier).toBe(true);
});

test("words by which code comes to what it does not import", () => {
  const plain =
    'import { x } from "./a";for(const y of x)console.log(Math.max(performance.now(),y));export const z=new Map([[1,"processed, refetch"]]);';
  expect(mayReachOutside(plain, [])).toBe(false);
  for (const way of [
    "process.env.A",
    "fetch(url)",
    "globalThis.x",
    'require("net")',
    'eval("1")',
    "new Function()",
    "class A{constructor(){}}",
    "new WebSocket(u)",
    "crypto.setEngine(e)",
  ]) {
    expect(mayReachOutside(`${plain}${way}`, []), way).toBe(true);
  }
});
