/**
 * # Provenance
 * Which code runs here, and on which machine: without it no later number can be traced back.
 * Outside a git repository, or without git, the commit is unknown and the pipeline goes on.
 */
import { $ } from "zx/core";

const git = $({ nothrow: true, quiet: true });
const [head, changes] = await Promise.all([git`git rev-parse HEAD`, git`git status --porcelain`]);

export const gitCommit = head.ok ? head.stdout.trim() : null;
export const gitDirty = changes.ok ? changes.stdout !== "" : null;
export const nodeVersion = process.version;
export const platform = `${process.platform}-${process.arch}`;
