import { readFileSync } from "node:fs";
import path from "node:path";
import type { Loader, OnResolveArgs, OnResolveResult, Plugin, PluginBuild } from "esbuild";
import type { Digest } from "../model.ts";
import { digestOf } from "../store/digest.ts";
import { statOf } from "../store/files.ts";
import { settledSignature, type Sight } from "./sight.ts";
import type { Asked } from "./terrain.ts";

/** What a bundling does of its own with the files and paths that pass through here. */
export interface Own {
  /** Changes a file's text on its way. */
  rewrite?(text: string, file: string): { contents: string; loader: Loader } | undefined;
  /** Where a path leads; undefined: to where esbuild finds it. */
  resolve?(args: OnResolveArgs, builder: PluginBuild): Promise<OnResolveResult | undefined> | OnResolveResult | undefined;
}

/** Reads the source files for esbuild, so that what is noted of them is what was bundled; and notes the paths they ask for. */
export class Sources {
  readonly #project: string;
  readonly #sights = new Map<string, Sight>();
  readonly #asked = new Map<string, Asked>();
  /** A file was read twice and had changed in between. */
  moved = false;

  constructor(project: string) {
    this.#project = project;
  }

  get asked(): Asked[] {
    return [...this.#asked.values()];
  }

  /** @param file relative to the project, as esbuild names it */
  sight(file: string): Sight | undefined {
    return this.#sights.get(file);
  }

  digest(file: string): Digest {
    return this.sight(file)?.digest ?? digestOf(readFileSync(path.join(this.#project, file)));
  }

  /** Notes that a path was asked for, in that folder. */
  ask(specifier: string, from: string): void {
    this.#asked.set(`${from}\0${specifier}`, { specifier, from });
  }

  /** One plugin for all: esbuild's process asks each plugin anew about each path. */
  plugin({ rewrite, resolve }: Own = {}): Plugin {
    return {
      name: "stepbook-sources",
      setup: (builder) => {
        builder.onResolve({ filter: /.*/ }, (args) => {
          const { path: specifier, resolveDir, kind } = args;
          if (kind === "entry-point") return undefined;
          if (resolveDir !== "") this.ask(specifier, resolveDir);
          return resolve?.(args, builder);
        });
        builder.onLoad({ filter: /.*/, namespace: "file" }, ({ path: file }) => {
          const bytes = this.#read(file);
          const rewritten = /\.[cm]?[jt]sx?$/.test(file) ? rewrite?.(bytes.toString("utf8"), file) : undefined;
          return rewritten ?? { contents: bytes, loader: "default" };
        });
      },
    };
  }

  #read(file: string): Buffer {
    const signature = settledSignature(statOf(file));
    const bytes = readFileSync(file);
    const digest = digestOf(bytes);
    const name = path.relative(this.#project, file).replaceAll("\\", "/");
    const before = this.#sights.get(name);
    if (before && before.digest !== digest) this.moved = true;
    this.#sights.set(name, { digest, signature });
    return bytes;
  }
}
