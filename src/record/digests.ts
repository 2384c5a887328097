import type { DigestCache } from "../store/files.ts";
import type { Db } from "./state.ts";

interface Entry {
  signature: string;
  digest: string;
}

/** The digests of files, kept between runs. Writes are gathered: `flush` stores them. */
export class KeptDigests implements DigestCache {
  readonly #db: Db;
  #known: Map<string, Entry> | undefined;
  readonly #fresh = new Map<string, Entry>();

  constructor(db: Db) {
    this.#db = db;
  }

  get(path: string): Entry | undefined {
    return this.load().get(path);
  }

  set(path: string, signature: string, digest: string): void {
    const entry = { signature, digest };
    this.load().set(path, entry);
    this.#fresh.set(path, entry);
  }

  /** Reads them: when the first is asked for, since a run that finds all as its kept plan says asks for none, or before the database is closed. */
  load(): Map<string, Entry> {
    if (this.#known) return this.#known;
    const rows = this.#db.prepare("SELECT path, signature, digest FROM file_digests").all() as (Entry & { path: string })[];
    return (this.#known = new Map(rows.map((row) => [row.path, row])));
  }

  flush(): void {
    if (this.#fresh.size === 0) return;
    const put = this.#db.prepare("INSERT OR REPLACE INTO file_digests (path, signature, digest) VALUES (?, ?, ?)");
    this.#db.transaction(() => {
      for (const [path, { signature, digest }] of this.#fresh) put.run(path, signature, digest);
    })();
    this.#fresh.clear();
  }
}
