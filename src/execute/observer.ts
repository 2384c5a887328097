import type { Opaque } from "../model.ts";
import type { LookKind } from "../store/look.ts";

/** Is told what a step does that its result may depend on. */
export interface Observer {
  path(kind: "file" | LookKind, file: string): void;
  written(file: string): void;
  /** Something was added to the end of a file, or is about to be. */
  appended(file: string): void;
  made(folder: string): void;
  /** A folder is removed with all that lies in it. */
  emptied(folder: string): void;
  /** A symbolic link was made, or is about to be. */
  linked(link: string): void;
  env(name: string): void;
  /** A variable of the environment was set: for this process only. */
  sets(name: string): void;
  machine(name: string): void;
  /** The path of the script that runs was asked for. */
  script(): void;
  opaque(kind: Opaque["kind"], what: string): void;
  /** The process is no longer as it was. */
  marked(): void;
}
