import type { Node } from "../grid.ts";
import type { Command } from "../shell.ts";
import type { Tools } from "./tools.ts";

/** Another tool that runs a graph of commands, and how the grid is written for it. */
export interface Peer {
  readonly name: string;
  /** The program, or why it cannot take part. */
  find(tools: Tools): { readonly program: string } | { readonly why: string };
  files(nodes: readonly Node[]): Record<string, string>;
  /** Where the script of a step lies, and its text with a comment before it. */
  source(node: Node, comment: string): readonly [file: string, text: string];
  /** Brings the whole grid up to date, two steps at a time where the tool can. */
  command(program: string, project: string): Command;
  /** What is to be done once in a new project. */
  begin?(program: string, project: string): void;
  /** What it keeps between runs: removed before a cold one. */
  readonly keeps: readonly string[];
}
