import { startKept } from "../kept-code.ts";
import type * as child from "./child.ts";

declare const SCRIPT_DIGEST: string;

/** The program of a step's process: starts the script that lies beside it. */
const script = __filename.replace(/\.cjs$/, ".script.cjs");
const started = startKept<typeof child>(script, SCRIPT_DIGEST, { require, importer: (name) => import(name) });
started.exports.start(started.keep);
