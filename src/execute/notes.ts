import { stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import type { Digest, Opaque, Read, Written } from "../model.ts";
import { pacer } from "../pace.ts";
import { besideIn } from "../plan/emptied.ts";
import type { World } from "../plan/reads.ts";
import { projectPath } from "../project-path.ts";
import { sabotaged } from "../sabotage.ts";
import { type FileHasher, statOf } from "../store/files.ts";
import { addWithFolders } from "./own-changes.ts";
import type { Message, PathNote } from "./protocol.ts";

/** A change this short before the reading might not show in the file's times. */
const tickMs = 20;
/** Files from this size on are hashed while the step works. */
const largeBytes = 8 << 20;

/** What steps of this run have written, as it was kept: path in the project → content, and when that was seen; ms. */
export type RunWrites = Map<string, { readonly digest: Digest | null; readonly at: number }>;

/** Gathers what a step's process says it read and wrote, and makes it fit for the record. */
export class Notes {
  readonly opaque: Opaque[] = [];
  readonly #reads: Read[] = [];
  readonly #paths: PathNote[] = [];
  readonly #env = new Set<string>();
  readonly #machine = new Set<string>();
  /** Variables of the environment that the step set. */
  readonly sets = new Set<string>();
  /** Files that it read and then wrote, as they were until then. */
  readonly #before = new Map<string, { readonly digest: Digest | null; readonly signature: string | null }>();
  readonly #written = new Set<string>();
  readonly #appended = new Set<string>();
  readonly #emptied = new Set<string>();
  readonly #listed = new Map<string, Digest | null>();
  /** What was written, and all folders above. */
  readonly #changed = new Set<string>();
  readonly #ahead: (file: string) => void;

  /** @param ahead begins to hash a file that the step reads */
  constructor(ahead: (file: string) => void = () => {}) {
    this.#ahead = ahead;
  }

  take(message: Message): void {
    if (message.type === "param") this.#reads.push(message.read);
    else if (message.type === "env") this.#env.add(message.name);
    else if (message.type === "machine") this.#machine.add(message.name);
    else if (message.type === "sets") this.sets.add(message.name);
    else if (message.type === "listed") this.#listed.set(`${message.kind} ${message.path}`, message.digest);
    else if (message.type === "path") this.#takePath(message);
    else if (message.type === "soon") this.#ahead(message.path);
    else if (message.type === "before") this.#before.set(message.path, message);
    else if (message.type === "written") this.#takeWritten(this.#written, message.path);
    else if (message.type === "appended") this.#takeWritten(this.#appended, message.path);
    else if (message.type === "emptied") this.#emptied.add(message.path);
    else if (message.type === "opaque") this.opaque.push(message.opaque);
  }

  #takeWritten(files: Set<string>, file: string): void {
    files.add(file);
    addWithFolders(this.#changed, file);
  }

  #takePath(note: PathNote): void {
    this.#paths.push(note);
    if (note.kind === "file" && note.signature !== null && Number(note.signature.split(":")[0]) >= largeBytes) this.#ahead(note.path);
  }

  /** The reads as they stand after the step; `racy` where a file changed since it was read. @param writes of the steps before it @param clears whether its code may empty folders */
  async settle(
    world: World,
    hasher: FileHasher,
    writes: RunWrites,
    clears = false,
  ): Promise<{ reads: Read[]; written: Written[]; racy: boolean }> {
    const reads: Read[] = [...this.#reads];
    for (const name of this.#env) reads.push({ kind: "env", name, digest: world.env(name) });
    for (const name of this.#machine)
      reads.push({ kind: "machine", name, digest: await world.digest({ kind: "machine", name, digest: null }) });
    const found = new Map<string, Digest | null>();
    let racy = false;
    const pace = pacer();
    for (const note of this.#paths) {
      await pace();
      const { kind } = note;
      const name = projectPath(world.project, note.path);
      if (kind === "file") {
        const { digest, signature } = this.#before.get(note.path) ?? (await hasher.hash(note.path)) ?? nothing;
        reads.push({ kind, name, digest });
        const before = writes.get(name);
        const stands = before !== undefined && before.digest === digest && before.at < note.at;
        // How a file was before DuckDB changed it cannot be told any more.
        if (note.signature !== null && this.#written.has(note.path) && !this.#before.has(note.path))
          this.opaque.push({ kind: "changed", what: name });
        else racy ||= await movedSince(note, signature, stands);
        if (digest === null) await this.#noteDevice(note.path);
        continue;
      }
      // Who writes a log asks first whether it is there, and how long it is: of what only grew, that it is there is asked of the outputs.
      if ((kind === "exists" || kind === "stat") && this.#onlyGrew(note.path)) continue;
      // What the step itself changed is kept as the step left it: later changes show in its outputs.
      const listed = this.#listed.get(`${kind} ${note.path}`);
      const digest =
        listed !== undefined ? listed : this.#changed.has(note.path) ? await world.digest({ kind, name, digest: null }) : note.digest;
      const key = `${kind} ${name}`;
      // It was looked at twice, and had changed in between.
      if (found.has(key)) racy ||= found.get(key) !== digest;
      else reads.push({ kind, name, digest });
      found.set(key, digest);
    }
    const written: Written[] = [];
    const own = new Set([...this.#written, ...this.#appended]);
    const absent = this.#paths.flatMap(({ kind, path, digest }) =>
      kind !== "file" && digest === null && this.#changed.has(path) ? [path] : [],
    );
    // `if (existsSync("out")) rmSync("out", …)`: there was nothing to empty.
    const emptied = new Set([...this.#emptied, ...(clears ? absent : [])]);
    for (const file of new Set([...own, ...emptied])) {
      if (isDevice.test(file)) continue;
      const output = { path: projectPath(world.project, file), ...(this.#onlyGrew(file) ? { appended: true } : {}) };
      const digest = await world.output(output);
      const left = emptied.has(file) && statOf(file)?.isDirectory() ? { beside: besideIn(file, own) } : {};
      if (digest !== null || !isTemporary(file, world.project)) written.push({ ...output, digest, ...left });
    }
    return { reads, written, racy };
  }

  /** A device or a pipe gives what it will: nothing that can be hashed. */
  async #noteDevice(file: string): Promise<void> {
    const stats = await stat(file).catch(() => null);
    if (stats && !stats.isFile() && !stats.isDirectory() && file !== "/dev/null") this.opaque.push({ kind: "native", what: file });
  }

  #onlyGrew(file: string): boolean {
    return this.#appended.has(file) && !this.#written.has(file);
  }
}

const nothing = { digest: null, signature: null };

/** What has no bytes to keep. */
const isDevice = /^\/(?:dev(?!\/shm\/)|proc|sys)\//;

/** Whether nobody misses a file that a step made there and removed. */
function isTemporary(file: string, project: string): boolean {
  return !file.startsWith(`${project}/`) && ["/tmp", "/var/tmp", "/dev/shm", tmpdir()].some((folder) => file.startsWith(`${folder}/`));
}

/** @param stands its content was seen before the reading, and is the same: what changed it just before was the step that wrote it */
async function movedSince(note: PathNote, signature: string | null, stands: boolean): Promise<boolean> {
  SABOTAGE: if (sabotaged("no-second-look")) return false;
  if (signature === null && note.signature !== null) return !(await isFolder(note.path));
  if (signature !== note.signature) return true;
  if (stands) return false;
  const changed = note.signature === null ? 0 : Number(BigInt(note.signature.split(":")[3]!) / 1_000_000n);
  return changed > note.at - tickMs;
}

async function isFolder(file: string): Promise<boolean> {
  return stat(file).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
}
