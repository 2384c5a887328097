import { mirrorState } from "../../record/outbox.ts";
import { runGoesOn } from "../../record/runs.ts";
import type { Db } from "../../record/state.ts";
import { grace } from "../../schedule/enter.ts";
import { type Duty, type Health } from "./health.ts";
import { type Family, histogram, type Sample } from "./exposition.ts";

/** Seconds. */
const bounds = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600];

/**
 * What is counted is read from the state at each question, so that it is the same whoever is asked and survives restarts.
 * What `gc` removes counts no more: to Prometheus that is a reset of a counter.
 */
export function readCounts(db: Db): Family[] {
  return [
    {
      name: "stepbook_runs_total",
      help: "Runs that ended, by outcome and by what started them.",
      type: "counter",
      samples: grouped(db, "SELECT status, \"trigger\", count(*) AS value FROM runs WHERE status <> 'running' GROUP BY 1, 2"),
    },
    {
      name: "stepbook_run_duration_seconds",
      help: "How long runs took.",
      type: "histogram",
      samples: durations(
        db,
        "SELECT '' AS step, (julianday(finished_at) - julianday(started_at)) * 86400.0 AS seconds FROM runs WHERE finished_at IS NOT NULL",
        false,
      ),
    },
    {
      name: "stepbook_steps_total",
      help: "Steps of runs, by outcome; cached: its result was reused.",
      type: "counter",
      samples: grouped(db, "SELECT status, count(*) AS value FROM run_steps GROUP BY 1"),
    },
    {
      name: "stepbook_step_attempts_total",
      help: "Attempts of steps, repeated ones included.",
      type: "counter",
      samples: [one(db, "SELECT coalesce(sum(attempts), 0) FROM run_steps")],
    },
    {
      name: "stepbook_step_duration_seconds",
      help: "How long steps took that were executed.",
      type: "histogram",
      samples: durations(db, "SELECT step, ms / 1000.0 AS seconds FROM run_steps WHERE status IN ('ran', 'failed')", true),
    },
    {
      name: "stepbook_slots_total",
      help: "Slots that ended, by schedule and outcome.",
      type: "counter",
      samples: grouped(db, "SELECT schedule, status, count(*) AS value FROM slots WHERE status NOT IN ('due', 'running') GROUP BY 1, 2"),
    },
  ];
}

/** What holds now. */
export function readGauges(db: Db, health: Health, duty: Duty | null): Family[] {
  const now = Date.now();
  const { waiting, waitingSince, parked } = mirrorState(db);
  const gauge = (name: string, help: string, ...samples: Sample[]): Family => ({ name: `stepbook_${name}`, help, type: "gauge", samples });
  return [
    gauge("healthy", "1 where /healthz says healthy.", { value: Number(health.status === "healthy") }),
    gauge("scheduler_leads", "1 where this process keeps the schedules of the folder.", { value: Number(duty?.leads === true) }),
    gauge(
      "scheduler_beat_age_seconds",
      "Since the leading scheduler last looked at its slots.",
      ...(health.scheduler?.secondsSinceBeat == null ? [] : [{ value: health.scheduler.secondsSinceBeat }]),
    ),
    gauge("runs_running", "Runs under way.", one(db, "SELECT count(*) FROM runs WHERE status = 'running' AND ?", Number(runGoesOn(db)))),
    gauge("last_run_reuse_ratio", "Of the steps that the newest finished run decided, the share that was reused.", one(db, reuse)),
    gauge(
      "last_success_timestamp_seconds",
      "When a run last succeeded.",
      one(db, "SELECT coalesce(max(unixepoch(finished_at)), 0) FROM runs WHERE status = 'succeeded'"),
    ),
    gauge(
      "slots_due",
      "Slots that wait for their run, by schedule.",
      ...grouped(db, "SELECT schedule, count(*) AS value FROM slots WHERE status = 'due' GROUP BY 1"),
    ),
    gauge(
      "slots_late",
      "Slots that wait for over a minute.",
      one(db, "SELECT count(*) FROM slots WHERE status = 'due' AND slot < ?", new Date(now - grace).toISOString()),
    ),
    gauge("outbox_waiting", "Rows and tables that wait for Postgres.", { value: waiting }),
    gauge("outbox_oldest_age_seconds", "How long the oldest of them has waited.", {
      value: waitingSince === null ? 0 : Math.max(0, (now - Date.parse(waitingSince)) / 1000),
    }),
    gauge("outbox_parked", "Rows that Postgres refused.", { value: parked.length }),
    ...ofProcess(),
  ];
}

const reuse = `SELECT coalesce(avg(status = 'cached'), 0) FROM run_steps WHERE status IN ('ran', 'cached', 'failed')
  AND run = (SELECT id FROM runs WHERE finished_at IS NOT NULL ORDER BY started_at DESC, id DESC LIMIT 1)`;

/** Named as Prometheus' own clients name them. */
function ofProcess(): Family[] {
  const { user, system } = process.cpuUsage();
  return [
    { name: "process_cpu_seconds_total", help: "CPU time of this process.", type: "counter", samples: [{ value: (user + system) / 1e6 }] },
    {
      name: "process_resident_memory_bytes",
      help: "Memory of this process.",
      type: "gauge",
      samples: [{ value: process.memoryUsage.rss() }],
    },
    {
      name: "process_start_time_seconds",
      help: "When this process started.",
      type: "gauge",
      samples: [{ value: Math.round(Date.now() / 1000 - process.uptime()) }],
    },
  ];
}

function one(db: Db, sql: string, ...values: unknown[]): Sample {
  return {
    value: db
      .prepare(sql)
      .pluck()
      .get(...values) as number,
  };
}

/** Rows of labels and a `value`. */
function grouped(db: Db, sql: string): Sample[] {
  return (db.prepare(sql).all() as ({ value: number } & Record<string, string>)[]).map(({ value, ...labels }) => ({ labels, value }));
}

/** Rows of `step` and `seconds` as histograms, counted by SQLite. */
function durations(db: Db, sql: string, byStep: boolean): Sample[] {
  const columns = bounds.map((bound, at) => `sum(seconds <= ${bound}) AS b${at}`).join(", ");
  const rows = db.prepare(`SELECT step, count(*) AS count, sum(seconds) AS sum, ${columns} FROM (${sql}) GROUP BY step`).all() as ({
    step: string;
    count: number;
    sum: number;
  } & Record<string, number>)[];
  return rows.flatMap((row) =>
    histogram(
      bounds,
      bounds.map((_, at) => row[`b${at}`]!),
      row.count,
      row.sum,
      byStep ? { step: row.step } : {},
    ),
  );
}
