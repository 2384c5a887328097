import fs from "node:fs";

/**
 * `node:fs` as it was before the runner wrapped it, taken when this module is loaded: what the API looks
 * up for itself (is the file there, what is near its name) is not read by the step, nor is what it stages written by it. What the step reads, the API notes.
 */
export const { closeSync, copyFileSync, openSync, readFileSync, readSync, readdirSync, statSync, writeFileSync, writeSync } = fs;
