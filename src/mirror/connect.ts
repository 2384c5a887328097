import pg from "pg";

export type Client = pg.Client;

/** What a message to or from the database may take; a line that says nothing for longer is given up. */
const patience = { connect: 5_000, query: 30_000 };

/** What works on many rows may take as long as it moves: this only ends what nobody hears of any more. */
export const hours = { query_timeout: 3_600_000 };

/** What the server is to do where this process stops or the line drops in a transaction: end it, so that the next sender gets the lock. */
const manners = `SET lock_timeout = '5s'; SET idle_in_transaction_session_timeout = '60s';
SET tcp_keepalives_idle = 20; SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 3`;

/** A connection that ends with the work, or at once when the signal comes, whatever the line is doing. */
export async function withClient<T>(url: string, signal: AbortSignal, work: (client: Client) => Promise<T>): Promise<T> {
  signal.throwIfAborted();
  const client = new pg.Client({
    connectionString: url,
    application_name: "stepbook",
    connectionTimeoutMillis: patience.connect,
    query_timeout: patience.query,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  });
  // A line that drops while nothing is asked; what is asked next tells of it.
  client.on("error", () => {});
  const cut = () => lineOf(client).stream.destroy(new Error("given up"));
  signal.addEventListener("abort", cut, { once: true });
  try {
    await client.connect();
    await client.query(manners);
    return await work(client);
  } finally {
    signal.removeEventListener("abort", cut);
    // Not client.end(): that waits for an answer, which a dead line never gives.
    lineOf(client).end();
    lineOf(client).stream.unref?.();
  }
}

/** The protocol's side of a client: pg has no public way to leave without waiting. */
interface Line {
  readonly stream: { destroy(error?: Error): void; unref?(): void };
  end(): void;
}

function lineOf(client: Client): Line {
  return (client as unknown as { connection: Line }).connection;
}

/** One transaction; the error of the work is the one that is told. */
export async function transaction<T>(client: Client, work: () => Promise<T>): Promise<T> {
  // Whatever the database's default is: after a lock was waited for, what the others did must be seen.
  await client.query("BEGIN ISOLATION LEVEL READ COMMITTED");
  try {
    const result = await work();
    await client.query("COMMIT");
    return result;
  } catch (error) {
    await client.query("ROLLBACK").catch(() => {});
    throw error;
  }
}

/** One sender at a time works on what this names, until the transaction ends. */
export async function lock(client: Client, what: string): Promise<void> {
  await client.query("SELECT pg_advisory_xact_lock(hashtext('stepbook'), hashtext($1))", [what]);
}
