import { syncBuiltinESMExports } from "node:module";
import os from "node:os";
import path from "node:path";
import timers from "node:timers/promises";
import { machineFacts, processProperties } from "../plan/machine.ts";
import { type Asker, asker } from "./asker.ts";
import { observeEnvironment } from "./observe-env.ts";
import { observeFiles } from "./observe-files.ts";
import type { Observer } from "./observer.ts";
import { type Patchable, wrap } from "./wrap.ts";

/** Wraps what all code has for reading the outside world, before any of the step's code is loaded; `observeOutside` wraps the rest. */
export function observe(observer: Observer): void {
  observeFiles(observer);
  observeAddons(observer);
  observeBackDoors(observer);
  observeMachine(observer);
  observeEnvironment(observer);
  observeTimers(observer);
  syncBuiltinESMExports();
}

/** A timer that the process does not wait for goes on after the step. */
function observeTimers(observer: Observer): void {
  const timer = setTimeout(() => {}, 0);
  clearTimeout(timer);
  wrap(Object.getPrototypeOf(timer) as Patchable, "unref", () => observer.marked());
  for (const name of ["setTimeout", "setInterval", "setImmediate"]) {
    wrap(
      timers as unknown as Patchable,
      name,
      (args) => void ((args.at(-1) as { ref?: boolean } | undefined)?.ref === false && observer.marked()),
    );
  }
}

function observeAddons(observer: Observer): void {
  wrap(process as unknown as Patchable, "dlopen", ([, file]) => {
    // The engine's own SQL engine notes what it reads.
    if (!/[\\/]@duckdb[\\/]node-bindings/.test(String(file))) observer.opaque("native", path.basename(String(file)));
  });
}

/** What tells of the process, or gives of Node, more than is watched. */
function observeBackDoors(observer: Observer): void {
  wrap(process as unknown as Patchable, "binding", ([name]) => observer.opaque("native", `process.binding ${String(name)}`));
  for (const name of ["getReport", "writeReport"])
    wrap(process.report as unknown as Patchable, name, () => observer.opaque("native", `process.report.${name}`));
}

/** Where the step runs: the folder, and the machine's own facts. */
function observeMachine(observer: Observer): void {
  for (const name of Object.keys(machineFacts)) wrap(os as unknown as Patchable, name, () => observer.machine(name));
  wrap(process as unknown as Patchable, "cwd", () => observer.machine("project"));
  // Packages ask whether they are in Node at all.
  for (const name of processProperties)
    observeProperty(process, name, ({ inPackage, inNode }) => void (inPackage || inNode || observer.machine(`process.${name}`)));
  observeArguments(observer);
  const { Navigator } = globalThis as { Navigator?: { prototype: object } };
  if (Navigator) observeProperty(Navigator.prototype, "hardwareConcurrency", () => observer.machine("availableParallelism"));
}

/** Arguments may be asked for in each turn of a loop, and seeing who asks is slow: after so many times it no longer matters. */
function observeArguments(observer: Observer): void {
  let looks = 0;
  const asks = () => {
    if (++looks === 1000) observer.script();
    return looks < 1000;
  };
  observeProperty(process, "argv", ({ inPackage, inNode }) => void (inPackage || inNode || observer.script()), asks);
}

function observeProperty(owner: object, name: string, before: (asker: Asker) => void, asks = () => true): void {
  const found = Object.getOwnPropertyDescriptor(owner, name);
  if (!found?.configurable) return;
  const set = (value: unknown) => void Object.defineProperty(owner, name, { value, writable: true, enumerable: true, configurable: true });
  Object.defineProperty(owner, name, {
    get(this: unknown) {
      if (asks()) before(asker());
      return found.get ? (found.get.call(this) as unknown) : (found.value as unknown);
    },
    set,
    enumerable: found.enumerable ?? true,
    configurable: true,
  });
}
