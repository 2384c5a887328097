/**
 * The tables of `.stepbook/state.db`. Bodies are JSON of the types in src/model.ts; columns stand
 * beside them where something is looked up or sorted by them.
 */

/** The tables as they were first; each later version is a step of `migrations`, so that there is one way to each. */
const first = `
CREATE TABLE runs (
  id TEXT PRIMARY KEY,
  trigger TEXT NOT NULL,
  logical_date TEXT NOT NULL,
  started_at TEXT NOT NULL,
  finished_at TEXT,
  status TEXT NOT NULL,
  params TEXT NOT NULL
) STRICT;
CREATE TABLE records (
  id INTEGER PRIMARY KEY,
  run TEXT NOT NULL,
  step TEXT NOT NULL,
  name TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  body TEXT NOT NULL
) STRICT;
CREATE INDEX records_by_fingerprint ON records (name, fingerprint, id);
CREATE TABLE run_steps (
  run TEXT NOT NULL,
  step TEXT NOT NULL,
  status TEXT NOT NULL,
  reason TEXT NOT NULL,
  ms INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  record INTEGER,
  failure TEXT,
  PRIMARY KEY (run, step)
) STRICT;
CREATE TABLE lineage (
  record INTEGER NOT NULL,
  direction TEXT NOT NULL CHECK (direction IN ('in', 'out')),
  name TEXT NOT NULL,
  digest TEXT NOT NULL
) STRICT;
CREATE INDEX lineage_by_digest ON lineage (digest);
CREATE INDEX lineage_by_record ON lineage (record);
CREATE TABLE models (
  name TEXT NOT NULL,
  version INTEGER NOT NULL,
  record INTEGER NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (name, version)
) STRICT;
CREATE TABLE outbox (
  id INTEGER PRIMARY KEY,
  run TEXT NOT NULL,
  step TEXT NOT NULL,
  table_name TEXT NOT NULL,
  body TEXT NOT NULL,
  embedded INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE file_digests (
  path TEXT PRIMARY KEY,
  signature TEXT NOT NULL,
  digest TEXT NOT NULL
) STRICT;
CREATE TABLE lock (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  pid INTEGER NOT NULL,
  started TEXT NOT NULL,
  boot TEXT NOT NULL,
  since TEXT NOT NULL
) STRICT;
`;

/** What the mirror needs to know of each row: which way of sending, which version, how often it was refused and why. */
const mirrored = `
ALTER TABLE outbox ADD COLUMN kind TEXT NOT NULL DEFAULT 'row';
ALTER TABLE outbox ADD COLUMN version INTEGER NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN mirrored INTEGER NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN refusals INTEGER NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN refused TEXT;
UPDATE outbox SET version = id;
CREATE INDEX outbox_to_mirror ON outbox (id) WHERE mirrored = 0;
CREATE INDEX outbox_tables ON outbox (table_name, id) WHERE kind = 'table';
`;

/** The schedules, the ledger of their slots, and who leads among several schedulers. */
const scheduled = `
CREATE TABLE schedules (
  name TEXT PRIMARY KEY,
  definition TEXT NOT NULL,
  seen INTEGER NOT NULL
) STRICT;
CREATE TABLE slots (
  schedule TEXT NOT NULL,
  slot TEXT NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('due', 'running', 'succeeded', 'failed', 'skipped', 'missed')),
  reason TEXT,
  "trigger" TEXT NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  failures INTEGER NOT NULL DEFAULT 0,
  not_before INTEGER NOT NULL DEFAULT 0,
  run TEXT,
  pid INTEGER,
  started TEXT,
  boot TEXT,
  updated_at TEXT NOT NULL,
  PRIMARY KEY (schedule, slot)
) STRICT;
CREATE INDEX slots_on_their_way ON slots (schedule, status) WHERE status IN ('due', 'running');
CREATE TABLE leader (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  pid INTEGER NOT NULL,
  started TEXT NOT NULL,
  boot TEXT NOT NULL,
  since TEXT NOT NULL
) STRICT;
`;

/** A digest over each record's row: a flipped byte in it is then no record. `seal` is a function of ours. */
const sealed = `
ALTER TABLE records ADD COLUMN seal TEXT;
UPDATE records SET seal = seal(run, step, name, fingerprint, body);
`;

/** Since when a schedule rests, in ms; null: it does not. */
const paused = "ALTER TABLE schedules ADD COLUMN paused INTEGER;\n";

/** So that what is asked of all runs is answered from the newest ones, and from those that have not ended. */
const indexed = `
CREATE INDEX IF NOT EXISTS runs_newest ON runs (started_at, id);
CREATE INDEX IF NOT EXISTS runs_open ON runs (id) WHERE status = 'running';
`;

/** So that neither a recorded row nor the start of a run reads all that was ever recorded. */
const outboxIndexed = `
CREATE INDEX outbox_by_run ON outbox (run, table_name);
CREATE INDEX outbox_to_deliver ON outbox (id) WHERE embedded <> 1;
`;

/** How often the process died that ran the slot. */
const interruptions = "ALTER TABLE slots ADD COLUMN interruptions INTEGER NOT NULL DEFAULT 0;\n";

/** SQLite takes such an index where the query says one of the two; of a list it does not see that. */
const slotsIndexed = `
DROP INDEX slots_on_their_way;
CREATE INDEX slots_on_their_way ON slots (status, schedule, slot) WHERE status = 'due' OR status = 'running';
`;

/** What an artifact was made of its record says; nothing read it from here. */
const lineageInRecords = "DROP TABLE lineage;\n";

/** Entry n brings a database of version n to n + 1. */
export const migrations: readonly string[] = [
  first,
  mirrored,
  scheduled,
  sealed,
  paused,
  indexed,
  outboxIndexed,
  interruptions,
  slotsIndexed,
  lineageInRecords,
];

/** The version of the tables as they are now. */
export const schemaVersion = migrations.length;
