import fs from "node:fs";

/**
 * `node:fs` as it was before the runner wrapped it, taken when this module is loaded: what the API looks
 * up for itself (is the file there, what is near its name) is not read by the step. What the step reads, the API notes.
 */
export const { closeSync, openSync, readFileSync, readSync, readdirSync, statSync } = fs;
